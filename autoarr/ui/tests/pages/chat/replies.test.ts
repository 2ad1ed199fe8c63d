import { QueryClient } from '@tanstack/react-query'
import { beforeEach, describe, expect, it } from 'vitest'
import { getFinished, getReplies, say } from '../../../src/pages/chat/replies.ts'
import { json, PROBLEM, serve } from '../../samples.ts'

const STARTED = { type: 'started', conversation_id: 'c', title: 'Hello', model: 'm' }
const KEPT = { id: 'c', messages: [], confirmations: [], busy: false }

function events(...sent: unknown[]): Response {
  return new Response(sent.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
}

function begin(answer: () => Response): Promise<void> {
  serve({ '/api/v1/chat': answer, '/api/v1/chat/c': () => json(KEPT) })
  return say('Hello', null, 0, new QueryClient({ defaultOptions: { queries: { retry: false } } }))
}

describe('say', () => {
  beforeEach(() => {
    localStorage.clear()
  })

  it('gives way to the kept conversation when the reply is over', async () => {
    await begin(() =>
      events(STARTED, { type: 'text', text: 'Hi.' }, { type: 'done', stop: 'end', message: null }),
    )
    expect(getReplies()).toEqual([])
    expect(getFinished()).toBe('Hi.')
  })

  it('keeps what was said for another try where it was refused', async () => {
    await begin(() => json(PROBLEM, 409))
    expect(getReplies()).toMatchObject([{ said: 'Hello', state: 'failed', conversationId: null }])
    expect(getReplies()[0]?.problem?.message).toBe('The database is being migrated.')
  })

  it('tells why a reply failed, and how long to wait', async () => {
    await begin(() =>
      events(STARTED, { type: 'error', kind: 'rate_limited', message: 'Slow.', retry_after_s: 9 }),
    )
    expect(getReplies()[0]).toMatchObject({
      state: 'failed',
      conversationId: 'c',
      problem: { retryAfterS: 9 },
    })
  })

  it('notices that the connection broke', async () => {
    await begin(() => events(STARTED, { type: 'text', text: 'Hi' }))
    expect(getReplies().at(-1)?.problem?.title).toBe('The connection broke')
  })
})
