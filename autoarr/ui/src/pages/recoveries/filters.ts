import { FAILURES, type Failure } from './causes.ts'
import { STATES, type State } from './words.ts'

/** Which recoveries a list shows. */
export interface Filters {
  state: State | 'open' | 'ended' | null
  failure: Failure | null
}

function isKey<T extends string>(of: Readonly<Record<T, unknown>>, value: string | null): value is T {
  return value !== null && Object.hasOwn(of, value)
}

/** Reads filters from an address; what isn't known filters nothing. */
export function readFilters(search: URLSearchParams): Filters {
  const state = search.get('state')
  const failure = search.get('failure')
  return {
    state: state === 'open' || state === 'ended' || isKey(STATES, state) ? state : null,
    failure: isKey(FAILURES, failure) ? failure : null,
  }
}

/** The same as the API's parameters. */
export function asQuery({ state, failure }: Filters): {
  state?: State
  unfinished?: boolean
  failure?: Failure
} {
  return {
    ...(state === 'open' || state === 'ended' ? { unfinished: state === 'open' } : state && { state }),
    ...(failure && { failure }),
  }
}
