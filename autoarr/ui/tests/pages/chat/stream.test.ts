import { describe, expect, it } from 'vitest'
import { listen } from '../../../src/pages/chat/stream.ts'

function streamed(...chunks: string[]): Response {
  const encoder = new TextEncoder()
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) {
          controller.enqueue(encoder.encode(chunk))
        }
        controller.close()
      },
    }),
  )
}

async function all(response: Response): Promise<unknown[]> {
  const events: unknown[] = []
  for await (const event of listen(response)) {
    events.push(event)
  }
  return events
}

describe('listen', () => {
  it('hears events however they are cut, and no comments', async () => {
    const sent = 'event: text\ndata: {"type":"text","text":"é"}\n\n: still at it\n\n'
    expect(await all(streamed(sent.slice(0, 20), sent.slice(20)))).toEqual([{ type: 'text', text: 'é' }])
  })

  it('leaves out what it does not know', async () => {
    expect(await all(streamed('data: {"type":"new"}\n\ndata: 7\n\n'))).toEqual([])
  })
})
