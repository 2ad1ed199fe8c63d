import type { ReactNode } from 'react'
import type { About } from '../../api/about.ts'
import { formatDateTime, formatDuration } from '../../format.ts'
import { Card } from './Card.tsx'
import { freshness, type Observation } from './observation.ts'

interface Props {
  about: Observation<About>
  now: number
}

const DATABASES: Record<About['database'], string> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' }

/** Characters that tell commits apart. */
const SHORT_REVISION = 12

const FACTS: ReadonlyArray<[term: string, show: (about: About) => ReactNode]> = [
  ['Version', (about) => about.version],
  ['Revision', (about) => recorded(about.revision, showRevision)],
  ['Built', (about) => recorded(about.created, showDateTime)],
  ['C library', (about) => showLibc(about.libc)],
  ['Platform', (about) => about.platform],
  ['Python', (about) => `${about.implementation} ${about.python}`],
  ['Database', (about) => DATABASES[about.database]],
  ['Started', (about) => showDateTime(about.startedAt)],
]

/** Which build answers, and what it runs on. */
export function AboutCard({ about, now }: Props) {
  const { last, failure } = about
  return (
    <Card title="This build" observation={about} now={now}>
      {failure?.kind === 'broken' ? <p className="fault">{failure.message}</p> : null}
      <dl className="facts">
        {FACTS.map(([term, show]) => (
          <Fact key={term} term={term}>
            {last === null ? null : show(last.value)}
          </Fact>
        ))}
        <Fact term="Uptime">
          {last === null ? null : showUptime(last, freshness(about, now) === 'fresh', now)}
        </Fact>
      </dl>
    </Card>
  )
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children ?? <span className="unknown">Unknown</span>}</dd>
    </div>
  )
}

function recorded(value: string | null, show: (value: string) => ReactNode): ReactNode {
  return value === null ? <span className="unknown">Not recorded</span> : show(value)
}

function showRevision(revision: string): ReactNode {
  return <code title={revision}>{revision.slice(0, SHORT_REVISION)}</code>
}

function showDateTime(timestamp: string): ReactNode {
  return <time dateTime={timestamp}>{formatDateTime(timestamp)}</time>
}

function showLibc({ name, version }: About['libc']): string {
  return `${name === 'unknown' ? 'Not recognized' : name}${version === null ? '' : ` ${version}`}`
}

/** Runs on between two answers, but only while they are fresh: the process may have ended since. */
function showUptime({ value, at }: { value: About; at: number }, runs: boolean, now: number): string {
  return formatDuration(value.uptimeS + (runs ? Math.max(0, now - at) / 1000 : 0))
}
