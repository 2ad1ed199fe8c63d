import type { operations } from '../../api/schema.d.ts'
import type { Schema, ServiceKind } from '../../api/types.ts'

type Query = NonNullable<operations['list_findings']['parameters']['query']>

export type Verdict = Schema<'FindingView'>['verdict']
export type Severity = Schema<'FindingView'>['severity']

/** What the list is narrowed to; empty is any. */
export interface Filters {
  verdict: Verdict | ''
  severity: Severity | ''
  kind: ServiceKind | ''
  service: string
  ignored: 'no' | 'yes' | 'any'
}

export const DEFAULTS: Filters = { verdict: 'failed', severity: '', kind: '', service: '', ignored: 'no' }

const VERDICTS: readonly Filters['verdict'][] = ['failed', 'unknown', 'passed', '']
const SEVERITIES: readonly Filters['severity'][] = ['', 'error', 'warning', 'notice']
const KINDS: readonly Filters['kind'][] = ['', 'sonarr', 'radarr', 'sabnzbd', 'plex']
const IGNORED: readonly Filters['ignored'][] = ['no', 'yes', 'any']
const ANY = 'any'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function pick<T extends string>(value: string | null, known: readonly T[], otherwise: T): T {
  const wanted = value === ANY && !known.includes(ANY as T) ? '' : value
  return known.find((one) => one === wanted) ?? otherwise
}

/** Reads an address's query; what it doesn't understand is as if it weren't there. */
export function readFilters(search: URLSearchParams): Filters {
  const service = search.get('service') ?? ''
  return {
    verdict: pick(search.get('verdict'), VERDICTS, DEFAULTS.verdict),
    severity: pick(search.get('severity'), SEVERITIES, DEFAULTS.severity),
    kind: pick(search.get('kind'), KINDS, DEFAULTS.kind),
    service: UUID.test(service) ? service : '',
    ignored: pick(search.get('ignored'), IGNORED, DEFAULTS.ignored),
  }
}

/** The address's query for filters: only what isn't so by itself. */
export function writeFilters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams()
  for (const key of ['verdict', 'severity', 'kind', 'service', 'ignored'] as const) {
    if (filters[key] !== DEFAULTS[key]) {
      search.set(key, filters[key] || ANY)
    }
  }
  return search
}

/** What the API is asked for. */
export function toQuery(filters: Filters): Query {
  return {
    ...(filters.verdict && { verdict: filters.verdict }),
    ...(filters.severity && { severity: filters.severity }),
    ...(filters.kind && { kind: filters.kind }),
    ...(filters.service && { service_id: filters.service }),
    ...(filters.ignored !== 'any' && { ignored: filters.ignored === 'yes' }),
  }
}
