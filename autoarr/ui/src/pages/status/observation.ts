import type { Answer, Failure } from '../../api/ask.ts'

/**
 * What is known about one thing on the server. Instants are milliseconds since the epoch.
 *
 * A failure never erases what was known: it only makes it old.
 */
export interface Observation<T> {
  last: { value: T; at: number } | null
  /** Why the latest check taught nothing; null when it did. */
  failure: Failure | null
  /** When the latest check ended, whatever came of it. */
  checkedAt: number | null
}

export const NOTHING_YET: Observation<never> = { last: null, failure: null, checkedAt: null }

/** Follows `before` with the answer of a check that ended at `at`. */
export function observe<T>(before: Observation<T>, answer: Answer<T>, at: number): Observation<T> {
  return answer.ok
    ? { last: { value: answer.value, at }, failure: null, checkedAt: at }
    : { last: before.last, failure: answer.failure, checkedAt: at }
}

/** Milliseconds after which an answer no longer stands for the present: three polls. */
export const STALE_AFTER_MS = 15_000

export type Freshness = 'unknown' | 'fresh' | 'stale'

/** How far the last value can be trusted at `now`. */
export function freshness(observation: Observation<unknown>, now: number): Freshness {
  if (observation.last === null) {
    return 'unknown'
  }
  return observation.failure !== null || now - observation.last.at > STALE_AFTER_MS ? 'stale' : 'fresh'
}
