import { describe, expect, it } from 'vitest'
import type { Answer, Failure } from '../../../src/api/ask.ts'
import {
  freshness,
  NOTHING_YET,
  type Observation,
  observe,
  STALE_AFTER_MS,
} from '../../../src/pages/status/observation.ts'

const FAILURE: Failure = { kind: 'unreachable', message: 'gone' }
const FAILED: Answer<string> = { ok: false, failure: FAILURE }
const answered = (value: string): Answer<string> => ({ ok: true, value })

/** Follows a sequence of answers, the first at 1000 ms and each 1000 ms after the one before. */
function follow(...answers: Answer<string>[]): Observation<string> {
  return answers.reduce<Observation<string>>(
    (before, answer, index) => observe(before, answer, 1000 * (index + 1)),
    NOTHING_YET,
  )
}

describe('observe', () => {
  it('knows nothing at first', () => {
    expect(NOTHING_YET).toEqual({ last: null, failure: null, checkedAt: null })
  })

  it('keeps an answer with its time', () => {
    expect(follow(answered('a'))).toEqual({ last: { value: 'a', at: 1000 }, failure: null, checkedAt: 1000 })
  })

  it('does not invent a value when the first check fails', () => {
    expect(follow(FAILED)).toEqual({ last: null, failure: FAILURE, checkedAt: 1000 })
  })

  it('keeps the last value and its time through failures', () => {
    expect(follow(answered('a'), FAILED, FAILED)).toEqual({
      last: { value: 'a', at: 1000 },
      failure: FAILURE,
      checkedAt: 3000,
    })
  })

  it('forgets the failure on recovery', () => {
    expect(follow(answered('a'), FAILED, answered('b'))).toEqual({
      last: { value: 'b', at: 3000 },
      failure: null,
      checkedAt: 3000,
    })
  })
})

describe('freshness', () => {
  it.each<[string, Observation<string>, number, string]>([
    ['before any answer', NOTHING_YET, 0, 'unknown'],
    ['after a first failure', follow(FAILED), 1000, 'unknown'],
    ['after an answer', follow(answered('a')), 1000, 'fresh'],
    ['at the end of its time', follow(answered('a')), 1000 + STALE_AFTER_MS, 'fresh'],
    [
      'past its time, as on return to a page long hidden',
      follow(answered('a')),
      1001 + STALE_AFTER_MS,
      'stale',
    ],
    ['at once after a failure', follow(answered('a'), FAILED), 2000, 'stale'],
    ['after recovery', follow(answered('a'), FAILED, answered('a')), 3000, 'fresh'],
    ['when the clock was set back', follow(answered('a')), 0, 'fresh'],
  ])('%s', (_, observation, now, expected) => {
    expect(freshness(observation, now)).toBe(expected)
  })
})
