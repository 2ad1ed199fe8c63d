import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Failure } from '../../components/Notice.tsx'
import { Ago } from '../../components/Time.tsx'
import { formatAge } from '../../format.ts'
import { useNow } from '../../hooks/useNow.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import css from './AuditSummary.module.css'
import { Severity } from './Severity.tsx'
import { SEVERITIES } from './severities.ts'
import { TEXTS } from './texts.ts'
import { useAudit } from './useAudit.ts'

/** How well all is set up, when that was looked at, and how to look again. */
export function AuditSummary() {
  const dashboard = api.useQuery('get', '/api/v1/dashboard', {}, { refetchInterval: useRefetchInterval() })
  return (
    <section className={css['summary']} aria-label={TEXTS.score}>
      <Loaded query={dashboard} lines={2}>
        {({ audit }) => <Standing audit={audit} />}
      </Loaded>
      <AuditNow />
    </section>
  )
}

function Standing({ audit }: { audit: Schema<'AuditPart'> }) {
  const { state, score, finished_at, findings } = audit
  if (state === 'unknown' || typeof score !== 'number') {
    return <p className={css['unknown']}>{TEXTS.scoreUnknown}</p>
  }
  return (
    <dl className={css['standing']}>
      <div>
        <dt>{TEXTS.score}</dt>
        <dd className={css['score']}>{TEXTS.scoreOf(score)}</dd>
      </div>
      <div>
        <dt>{TEXTS.lastAudit}</dt>
        <dd>
          {finished_at ? <Ago at={finished_at} /> : null}{' '}
          {state === 'stale' ? <Badge tone="doubt">{TEXTS.outdated}</Badge> : null}
        </dd>
      </div>
      {findings ? (
        <div>
          <dt className="visually-hidden">{TEXTS.title}</dt>
          <dd className={css['counts']}>
            {SEVERITIES.map((severity) => (
              <Link key={severity} href={`/findings?severity=${severity}`} className={css['count'] ?? ''}>
                <Severity level={severity} word={false} />
                {TEXTS.bySeverity(findings[severity] ?? 0, severity)}
              </Link>
            ))}
          </dd>
        </div>
      ) : null}
    </dl>
  )
}

/** Starts an audit, and says how far it is. */
export function AuditNow() {
  const { underWay, busy, problem, act } = useAudit()
  return (
    <div className={css['now']}>
      <Button busy={busy || underWay !== null} onClick={() => act()}>
        {TEXTS.auditNow}
      </Button>
      <div className={css['progress']} role="status">
        {underWay ? <Progress audit={underWay} /> : null}
      </div>
      {problem ? <Failure error={problem} /> : null}
    </div>
  )
}

function Progress({ audit }: { audit: Schema<'AuditView'> }) {
  const now = useNow()
  return audit.started_at === null ? (
    TEXTS.auditQueued
  ) : (
    // Read out when it begins, not with every second.
    <span aria-live="off">{TEXTS.auditRunning(formatAge(Date.parse(audit.started_at), now))}</span>
  )
}
