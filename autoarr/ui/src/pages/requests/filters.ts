import { STATES, type State } from './states.ts'

/** Which requests the list shows. */
export interface Filters {
  show: State | 'open' | 'ended' | null
  mine: boolean
}

/** Reads filters from an address; what isn't known filters nothing. */
export function readFilters(search: URLSearchParams): Filters {
  const show = search.get('show')
  const known = show === 'open' || show === 'ended' || (show !== null && Object.hasOwn(STATES, show))
  return { show: known ? (show as Filters['show']) : null, mine: search.get('whose') === 'mine' }
}

/** The same as the API's parameters. */
export function asQuery(
  { show, mine }: Filters,
  me: string | null,
): { state?: State; unfinished?: boolean; user_id?: string } {
  return {
    ...(show === 'open' || show === 'ended' ? { unfinished: show === 'open' } : show && { state: show }),
    ...(mine && me !== null && { user_id: me }),
  }
}
