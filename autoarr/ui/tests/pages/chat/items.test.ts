import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../src/api/types.ts'
import type { ChatEvent } from '../../../src/pages/chat/events.ts'
import { fromConversation, type Item, lastWords, withEvent } from '../../../src/pages/chat/items.ts'
import { join } from '../../../src/pages/chat/join.ts'

function at(second: number): string {
  return new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString()
}

function confirmation(id: string, second: number): Schema<'ConfirmationView'> {
  return {
    id,
    origin: 'chat',
    tool: 'recover',
    preview: { summary: 'Retry.' },
    state: 'done',
    result: null,
    error: null,
    created_at: at(second),
    expires_at: at(59),
    decided_at: null,
  }
}

const MESSAGES: Array<Schema<'MessageView'>> = [
  { role: 'user', content: [{ type: 'text', text: 'Hello' }], at: at(0) },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 't1', name: 'recover', input: { id: 1 } },
    ],
    at: at(1),
  },
  {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 't1', content: '{"a":1}', is_error: false }],
    at: at(3),
  },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'Prepared.' },
      { type: 'note', stop: 'limit', text: 'A limit is reached.' },
    ],
    at: at(4),
  },
]

describe('fromConversation', () => {
  it('puts results to their calls, and writes where they were previewed', () => {
    const items = fromConversation({ messages: MESSAGES, confirmations: [confirmation('c', 2)] })
    expect(items.map(({ kind }) => kind)).toEqual(['said', 'reply', 'tool', 'confirmation', 'reply', 'note'])
    expect(items[2]).toEqual({
      kind: 'tool',
      id: 't1',
      name: 'recover',
      given: { id: 1 },
      result: { a: 1 },
      ok: true,
    })
  })

  it('shows a write whose result was never kept', () => {
    const items = fromConversation({ messages: MESSAGES.slice(0, 2), confirmations: [confirmation('c', 2)] })
    expect(items.at(-1)?.kind).toBe('confirmation')
    expect(items[2]).not.toHaveProperty('result')
  })
})

describe('withEvent', () => {
  const events: ChatEvent[] = [
    { type: 'text', text: 'I ' },
    { type: 'text', text: 'look.' },
    { type: 'tool_call', id: 't', name: 'status', title: 'Status', arguments: {} },
    { type: 'tool_result', id: 't', name: 'status', ok: false, data: { error: 'x' } },
    { type: 'text', text: 'Sorry.' },
    { type: 'done', stop: 'cancelled', message: 'It was cancelled.' },
  ]

  it('gathers what comes in', () => {
    const items = events.reduce<readonly Item[]>((before, event) => withEvent(before, event, 0), [])
    expect(items).toEqual([
      { kind: 'reply', text: 'I look.' },
      { kind: 'tool', id: 't', name: 'status', given: {}, result: { error: 'x' }, ok: false },
      { kind: 'reply', text: 'Sorry.' },
      { kind: 'note', stop: 'cancelled', text: 'It was cancelled.' },
    ])
    expect(lastWords(items)).toBe('It was cancelled.')
  })
})

describe('join', () => {
  const reply = {
    before: 1,
    items: [
      { kind: 'said', text: 'And now?' },
      { kind: 'confirmation', confirmation: { ...confirmation('c', 2), state: 'open' } },
    ] as Item[],
  }

  it('shows nothing twice while a reply comes in', () => {
    const items = join({ messages: MESSAGES, confirmations: [confirmation('c', 2)] }, reply)
    expect(items.map(({ kind }) => kind)).toEqual(['said', 'said', 'confirmation'])
  })

  it('takes the kept word on a write', () => {
    const items = join({ messages: MESSAGES, confirmations: [confirmation('c', 2)] }, reply)
    expect(items[2]).toMatchObject({ confirmation: { state: 'done' } })
  })

  it('shows what is kept where no reply comes in', () => {
    expect(join({ messages: MESSAGES, confirmations: [] }, undefined)).toHaveLength(5)
    expect(join(undefined, undefined)).toEqual([])
  })
})
