import type { Schema } from '../../api/types.ts'
import type { ChatEvent } from './events.ts'

type Whole = Pick<Schema<'WholeConversation'>, 'messages' | 'confirmations'>

/** A write that waits for its person's word, or what became of it. */
export type Confirmation = Pick<
  Schema<'ConfirmationView'>,
  'id' | 'tool' | 'preview' | 'state' | 'result' | 'error' | 'expires_at'
>

/** One thing in a conversation, as it is shown. */
export type Item =
  | { kind: 'said'; text: string }
  | { kind: 'reply'; text: string }
  | { kind: 'tool'; id: string; name: string; given: unknown; result?: unknown; ok?: boolean }
  | { kind: 'confirmation'; confirmation: Confirmation }
  | { kind: 'note'; stop: string; text: string }

/** Milliseconds for which a write can be confirmed, where the server has not said until when. */
const VALID_MS = 15 * 60_000

/** Everything of a kept conversation, in order. */
export function fromConversation({ messages, confirmations }: Whole): Item[] {
  const items: Item[] = []
  const open = [...confirmations]
  for (const { role, content, at } of messages) {
    for (const block of content) {
      addBlock(items, role, block)
    }
    // A write is previewed while a tool is called, whose result is the next message.
    while (open[0] !== undefined && Date.parse(open[0].created_at) <= Date.parse(at)) {
      addConfirmation(items, open.shift())
    }
  }
  for (const confirmation of open) {
    addConfirmation(items, confirmation)
  }
  return items
}

function addConfirmation(items: Item[], confirmation: Confirmation | undefined): void {
  if (confirmation) {
    items.push({ kind: 'confirmation', confirmation })
  }
}

function addBlock(items: Item[], role: 'user' | 'assistant', block: Record<string, unknown>): void {
  switch (block['type']) {
    case 'text':
      items.push({ kind: role === 'user' ? 'said' : 'reply', text: String(block['text']) })
      break
    case 'tool_use':
      items.push({
        kind: 'tool',
        id: String(block['id']),
        name: String(block['name']),
        given: block['input'],
      })
      break
    case 'tool_result':
      answer(items, String(block['tool_use_id']), parse(block['content']), block['is_error'] !== true)
      break
    case 'note':
      items.push({ kind: 'note', stop: String(block['stop']), text: String(block['text']) })
      break
    default:
      // How a write went, which its own card tells.
      break
  }
}

function answer(items: Item[], id: string, result: unknown, ok: boolean): void {
  const at = items.findIndex((item) => item.kind === 'tool' && item.id === id)
  const call = items[at]
  if (call?.kind === 'tool') {
    items[at] = { ...call, result, ok }
  }
}

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text
  } catch {
    return text
  }
}

/** The items with what an event adds to them. */
export function withEvent(before: readonly Item[], event: ChatEvent, now: number): Item[] {
  const items = [...before]
  const last = items.at(-1)
  switch (event.type) {
    case 'text':
      if (last?.kind === 'reply') {
        items[items.length - 1] = { kind: 'reply', text: last.text + event.text }
      } else {
        items.push({ kind: 'reply', text: event.text })
      }
      break
    case 'tool_call':
      items.push({ kind: 'tool', id: event.id, name: event.name, given: event.arguments })
      break
    case 'tool_result':
      answer(items, event.id, event.data, event.ok)
      break
    case 'confirmation':
      items.push({ kind: 'confirmation', confirmation: asConfirmation(event, now) })
      break
    case 'done':
      if (event.message !== null) {
        items.push({ kind: 'note', stop: event.stop, text: event.message })
      }
      break
    default:
      break
  }
  return items
}

function asConfirmation(event: ChatEvent & { type: 'confirmation' }, now: number): Confirmation {
  return {
    id: event.confirmation_id,
    tool: event.tool,
    preview: event.preview,
    state: 'open',
    result: null,
    error: null,
    expires_at: new Date(now + VALID_MS).toISOString(),
  }
}

/** The reply's last words, for those who hear it. */
export function lastWords(items: readonly Item[]): string {
  const last = items.findLast((item) => item.kind === 'reply' || item.kind === 'note')
  return last?.kind === 'reply' || last?.kind === 'note' ? last.text : ''
}
