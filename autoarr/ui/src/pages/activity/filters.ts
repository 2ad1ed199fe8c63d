import type { operations } from '../../api/schema.d.ts'
import type { Schema } from '../../api/types.ts'

type Query = NonNullable<operations['list_activity']['parameters']['query']>
type Outcome = Schema<'Entry'>['outcome']

/** What the log is narrowed to; empty is any. The moments are as in a field: a date and a time in the reader's zone. */
export interface Filters {
  text: string
  actor: string
  outcome: Outcome | ''
  action: string
  since: string
  until: string
}

export const NONE: Filters = { text: '', actor: '', outcome: '', action: '', since: '', until: '' }

const OUTCOMES: readonly Outcome[] = ['succeeded', 'failed', 'refused']
const NAMES = ['text', 'actor', 'outcome', 'action', 'since', 'until'] as const

/** Characters of a filter that the API takes. */
export const LONGEST = 200

/** What a moment of a field is in UTC; null where it is none. */
export function toInstant(moment: string): string | null {
  const instant = new Date(moment)
  return moment === '' || Number.isNaN(instant.getTime()) ? null : instant.toISOString()
}

/** Reads an address's query; what it doesn't understand is as if it weren't there. */
export function readFilters(search: URLSearchParams): Filters {
  const text = (name: string) => (search.get(name) ?? '').slice(0, LONGEST)
  const moment = (name: string) => (toInstant(text(name)) === null ? '' : text(name))
  return {
    text: text('text'),
    actor: text('actor'),
    outcome: OUTCOMES.find((one) => one === search.get('outcome')) ?? '',
    action: text('action'),
    since: moment('since'),
    until: moment('until'),
  }
}

export function writeFilters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams()
  for (const name of NAMES) {
    if (filters[name] !== '') {
      search.set(name, filters[name])
    }
  }
  return search
}

/** What the API is asked for. */
export function toQuery({ text, actor, outcome, action, since, until }: Filters): Query {
  const from = toInstant(since)
  const before = toInstant(until)
  return {
    ...(text && { text }),
    ...(actor && { actor }),
    ...(outcome && { outcome }),
    ...(action && { action }),
    ...(from && { since: from }),
    ...(before && { until: before }),
  }
}
