import { EventSourceParserStream } from 'eventsource-parser/stream'
import { type ChatEvent, readEvent } from './events.ts'

/** The events of a reply as they come, until the server closes it. */
export async function* listen(response: Response): AsyncGenerator<ChatEvent> {
  if (response.body === null) {
    return
  }
  // Streams can't be iterated in every browser; their readers can be asked.
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array<ArrayBuffer>, string>)
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  try {
    let read = await reader.read()
    while (!read.done) {
      const event = readEvent(read.value.data)
      if (event !== null) {
        yield event
      }
      read = await reader.read()
    }
  } finally {
    reader.releaseLock()
  }
}
