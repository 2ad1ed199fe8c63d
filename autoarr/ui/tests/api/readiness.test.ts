import { describe, expect, it } from 'vitest'
import { readReadiness } from '../../src/api/readiness.ts'
import { PROBLEM, READY, UNAVAILABLE } from '../samples.ts'

describe('readReadiness', () => {
  it('reads a ready server', () => {
    expect(readReadiness(READY, 200)).toEqual({
      ready: true,
      reason: null,
      checks: [{ name: 'database', ok: true, latencyMs: 1.25, detail: null }],
    })
  })

  it('reads a server that is not ready', () => {
    expect(readReadiness(UNAVAILABLE, 503)).toEqual({
      ready: false,
      reason: null,
      checks: [
        { name: 'database', ok: false, latencyMs: null, detail: 'no answer within 2 s' },
        { name: 'redis', ok: true, latencyMs: 0.4, detail: null },
      ],
    })
  })

  it.each([
    [PROBLEM, { ready: false, reason: PROBLEM.detail, checks: [] }],
    [
      { title: 'Busy', status: 503 },
      { ready: false, reason: 'Busy', checks: [] },
    ],
    [
      { ...PROBLEM, checks: { database: { status: 'error' } } },
      {
        ready: false,
        reason: PROBLEM.detail,
        checks: [{ name: 'database', ok: false, latencyMs: null, detail: null }],
      },
    ],
  ])('reads the problem %j', (body, expected) => {
    expect(readReadiness(body, 503)).toEqual(expected)
  })

  it.each([
    [null, 200, 'the answer: expected an object, got null'],
    [[], 200, 'the answer: expected an object, got []'],
    [{}, 200, 'status: expected "ready" or "unavailable", got nothing'],
    [{ status: 'ready' }, 200, 'checks: expected an object, got nothing'],
    [{ status: 'ready', checks: { db: 'ok' } }, 200, 'checks.db: expected an object, got "ok"'],
    [{ status: 'ready', checks: { db: {} } }, 200, 'checks.db.status: expected "ok" or "error", got nothing'],
    [
      { status: 'ready', checks: { db: { status: 'ok', latency_ms: '1' } } },
      200,
      'checks.db.latency_ms: expected a number that is not negative or null, got "1"',
    ],
    [
      { status: 'unavailable', checks: { db: { status: 'error', detail: 7 } } },
      503,
      'checks.db.detail: expected text or null, got 7',
    ],
    [READY, 503, 'status: "ready" contradicts HTTP 503'],
    [UNAVAILABLE, 200, 'status: "unavailable" contradicts HTTP 200'],
    [{ ...UNAVAILABLE, status: 'ready' }, 200, 'status: "ready" contradicts the failed check "database"'],
    [{ status: 503 }, 503, 'title: expected text, got nothing'],
    [PROBLEM, 200, 'status: expected "ready" or "unavailable", got 503'],
  ])('refuses %j with HTTP %i', (body, status, message) => {
    expect(() => readReadiness(body, status)).toThrow(message)
  })
})
