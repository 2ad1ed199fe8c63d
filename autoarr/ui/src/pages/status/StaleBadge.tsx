import { formatAge } from '../../format.ts'
import { freshness, type Observation } from './observation.ts'

/** Marks values that were true once; nothing while they are fresh or there are none. */
export function StaleBadge({ observation, now }: { observation: Observation<unknown>; now: number }) {
  if (observation.last === null || freshness(observation, now) !== 'stale') {
    return null
  }
  return <span className="badge">Stale: {formatAge(observation.last.at, now)} old</span>
}
