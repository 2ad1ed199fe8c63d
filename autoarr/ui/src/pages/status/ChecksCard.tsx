import type { Check, Readiness } from '../../api/readiness.ts'
import { formatLatency } from '../../format.ts'
import { Card } from './Card.tsx'
import { Icon } from './Icon.tsx'
import { freshness, type Observation } from './observation.ts'

interface Props {
  readiness: Observation<Readiness>
  now: number
}

/** What each dependency of the server said. */
export function ChecksCard({ readiness, now }: Props) {
  const stale = freshness(readiness, now) === 'stale'
  return (
    <Card title="Checks" observation={readiness} now={now}>
      <ul className="checks">
        <Rows checks={readiness.last?.value.checks ?? null} stale={stale} />
      </ul>
    </Card>
  )
}

function Rows({ checks, stale }: { checks: Check[] | null; stale: boolean }) {
  if (checks === null || checks.length === 0) {
    return (
      <li>
        <Icon tone="unknown" />
        <span className="unknown">{checks === null ? 'Unknown' : 'The server names no checks'}</span>
      </li>
    )
  }
  return checks.map((check) => (
    <li key={check.name}>
      <Icon tone={stale ? 'unknown' : check.ok ? 'ready' : 'not-ready'} />
      <span className="check-name">{check.name}</span>
      <span className="check-result">{describe(check, stale)}</span>
    </li>
  ))
}

function describe(check: Check, stale: boolean): string {
  const result = check.ok ? 'ok' : 'error'
  const more = check.ok ? check.latencyMs !== null && formatLatency(check.latencyMs) : check.detail
  return `${stale ? 'was ' : ''}${result}${more ? `, ${more}` : ''}`
}
