import type { Schema } from '../../api/types.ts'
import type { Failure } from './causes.ts'

type Policy = Schema<'Policy'>
type Mode = NonNullable<Policy['mode']>

/** Which part of the policy decides. */
export type Decider = 'general' | 'failure' | 'service' | 'always'

const STRICTEST: readonly Mode[] = ['observe', 'ask', 'auto']

/** Causes of which nobody but a person knows what is right: `auto` asks as well. */
const ALWAYS_ASKED: readonly Failure[] = ['aborted', 'duplicate', 'unclassified', 'import_blocked']

/**
 * How the policy deals with a failure at some services, and which part of it says so: the strictest counts, and of
 * equal ones the most general.
 */
export function decide(
  policy: Policy,
  failure: Failure,
  services: ReadonlyArray<string | null>,
): { mode: Mode; by: Decider } {
  const general = policy.mode ?? 'ask'
  const given: ReadonlyArray<readonly [Decider, Mode | undefined]> = [
    ['general', general],
    ['failure', policy.failures?.[failure]],
    ...services.map((id) => ['service', id === null ? undefined : policy.services?.[id]] as const),
  ]
  let mode = general
  let by: Decider = 'general'
  for (const [decider, one] of given) {
    if (one !== undefined && STRICTEST.indexOf(one) < STRICTEST.indexOf(mode)) {
      mode = one
      by = decider
    }
  }
  return mode === 'auto' && ALWAYS_ASKED.includes(failure) ? { mode: 'ask', by: 'always' } : { mode, by }
}
