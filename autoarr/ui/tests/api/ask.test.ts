import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ask, DEADLINE_MS, type Question } from '../../src/api/ask.ts'
import { field, object, text } from '../../src/api/guards.ts'
import { DISCONNECTED, html, json, PROBLEM, type Respond, SILENT, serve } from '../samples.ts'

const QUESTION: Question<string> = {
  path: '/q',
  statuses: new Set([200]),
  read: (body) => field(object.accepts(body) ? body : {}, 'a', text),
}

function askWith(respond: Respond) {
  serve({ '/q': respond })
  return ask(QUESTION, new AbortController().signal)
}

describe('ask', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('returns what the reader makes of the body', async () => {
    expect(await askWith(() => json({ a: 'b' }))).toEqual({ ok: true, value: 'b' })
  })

  it('asks for JSON past every cache', async () => {
    const fetch = serve({ '/q': () => json({ a: 'b' }) })
    await ask(QUESTION, new AbortController().signal)
    expect(fetch).toHaveBeenCalledWith(
      '/q',
      expect.objectContaining({ cache: 'no-store', headers: { Accept: 'application/json' } }),
    )
  })

  it.each<[string, Respond, string]>([
    ['HTML', () => html(), 'HTTP 200: expected JSON, got text/html'],
    ['a gateway error', () => html(502), 'HTTP 502: expected JSON, got text/html'],
    [
      'no content type',
      () => new Response(new Uint8Array([1])),
      'HTTP 200: expected JSON, got no content type',
    ],
    [
      'cut off JSON',
      () => new Response('{"a":', { headers: { 'Content-Type': 'application/json' } }),
      'HTTP 200: the content is not valid JSON',
    ],
    ['a missing field', () => json({}), 'HTTP 200: a: expected text, got nothing'],
    [
      'a problem',
      () => json(PROBLEM, 503, 'application/problem+json'),
      'HTTP 503: Service Unavailable: The database is being migrated.',
    ],
    ['a problem without detail', () => json({ title: 'Not Found' }, 404), 'HTTP 404: Not Found'],
    ['an unexpected status', () => json({ a: 'b' }, 201), 'HTTP 201: nothing that this page expects'],
  ])('calls %s broken', async (_, respond, message) => {
    expect(await askWith(respond)).toEqual({
      ok: false,
      failure: { kind: 'broken', message: `/q answered with ${message}` },
    })
  })

  it('calls a fault of the reader broken too, not unreachable', async () => {
    serve({ '/q': () => json({}) })
    const faulty = {
      ...QUESTION,
      read: () => {
        throw new TypeError('a fault')
      },
    }
    expect(await ask(faulty, new AbortController().signal)).toMatchObject({
      failure: { kind: 'broken', message: '/q answered with HTTP 200: a fault' },
    })
  })

  it('calls a failed connection unreachable', async () => {
    expect(await askWith(DISCONNECTED)).toEqual({
      ok: false,
      failure: { kind: 'unreachable', message: 'The server did not answer.' },
    })
  })

  it('waits for an answer, but not for ever', async () => {
    const settled = vi.fn()
    const answer = askWith(SILENT).then((value) => {
      settled()
      return value
    })
    await vi.advanceTimersByTimeAsync(DEADLINE_MS - 1)
    expect(settled).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(await answer).toEqual({
      ok: false,
      failure: { kind: 'unreachable', message: 'No answer within 4 s.' },
    })
  })

  it('ends early when it is called off', async () => {
    serve({ '/q': SILENT })
    const caller = new AbortController()
    const answer = ask(QUESTION, caller.signal)
    caller.abort()
    expect(await answer).toMatchObject({ ok: false })
    expect(vi.getTimerCount()).toBe(0)
  })
})
