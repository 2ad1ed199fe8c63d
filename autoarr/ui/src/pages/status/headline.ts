import type { Readiness } from '../../api/readiness.ts'
import { freshness, type Observation } from './observation.ts'

export type Tone = 'checking' | 'ready' | 'not-ready' | 'unknown'

/** The page's one statement. */
export interface Headline {
  tone: Tone
  title: string
  explanation: string
}

/** What can honestly be said about readiness at `now`. */
export function headline(observation: Observation<Readiness>, now: number): Headline {
  const { last, failure } = observation
  if (failure !== null) {
    const title = failure.kind === 'unreachable' ? 'Unreachable' : 'Unexpected answer'
    return { tone: 'unknown', title, explanation: failure.message }
  }
  if (last === null) {
    return { tone: 'checking', title: 'Checking', explanation: 'Waiting for the first answer.' }
  }
  if (freshness(observation, now) === 'stale') {
    return { tone: 'checking', title: 'Out of date', explanation: 'The last answer is too old to count.' }
  }
  if (last.value.ready) {
    return { tone: 'ready', title: 'Ready', explanation: 'Every check passed.' }
  }
  return { tone: 'not-ready', title: 'Not ready', explanation: explain(last.value) }
}

function explain({ reason, checks }: Readiness): string {
  const failed = checks.filter((check) => !check.ok)
  if (failed.length === 0) {
    return reason ?? 'The server gives no reason.'
  }
  return failed.map((check) => `${check.name}: ${check.detail ?? 'failed without a reason'}`).join('; ')
}
