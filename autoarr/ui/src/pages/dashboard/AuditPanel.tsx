import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge, type Tone } from '../../components/Badge.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Ago } from '../../components/Time.tsx'
import { AuditNow } from '../findings/AuditSummary.tsx'
import { Severity } from '../findings/Severity.tsx'
import { SEVERITIES } from '../findings/severities.ts'
import { TEXTS as FINDINGS } from '../findings/texts.ts'
import css from './Dashboard.module.css'
import { TEXTS } from './texts.ts'

const RADIUS = 42
const LENGTH = 2 * Math.PI * RADIUS

/** Scores from which on things are well, or nearly. */
const GOOD = 90
const FAIR = 70

function toneOf(score: number): Tone {
  return score >= GOOD ? 'good' : score >= FAIR ? 'doubt' : 'bad'
}

/** How well all is set up, and what is to be improved. */
export function AuditPanel({ audit }: { audit: Schema<'AuditPart'> }) {
  const { state, score, finished_at, findings } = audit
  return (
    <Panel title={TEXTS.audit} aside={<Link href="/findings">{TEXTS.allFindings}</Link>}>
      {state === 'unknown' || typeof score !== 'number' ? (
        <p className={css['muted']}>{TEXTS.noScore}</p>
      ) : (
        <div className={css['audit']}>
          <Ring score={score} />
          <div className={css['auditFacts']}>
            {findings ? (
              <ul className={css['bySeverity']}>
                {SEVERITIES.map((severity) => (
                  <li key={severity}>
                    <Link href={`/findings?severity=${severity}`}>
                      <Severity level={severity} word={false} />
                      {FINDINGS.bySeverity(findings[severity] ?? 0, severity)}
                    </Link>
                  </li>
                ))}
              </ul>
            ) : null}
            {finished_at ? (
              <p className={css['muted']}>
                {TEXTS.audited} <Ago at={finished_at} />{' '}
                {state === 'stale' ? <Badge tone="doubt">{TEXTS.outdated}</Badge> : null}
              </p>
            ) : null}
          </div>
        </div>
      )}
      <AuditNow />
    </Panel>
  )
}

function Ring({ score }: { score: number }) {
  return (
    <div className={`${css['ring']} ${css[toneOf(score)]}`} role="img" aria-label={TEXTS.scoreIs(score)}>
      <svg viewBox="0 0 100 100" width="112" height="112" aria-hidden="true">
        <circle cx="50" cy="50" r={RADIUS} className={css['track']} />
        <circle
          cx="50"
          cy="50"
          r={RADIUS}
          className={css['arc']}
          strokeDasharray={`${(LENGTH * Math.max(0, Math.min(100, score))) / 100} ${LENGTH}`}
        />
      </svg>
      <span className={css['score']} aria-hidden="true">
        {Math.round(score)}
        <small>{TEXTS.outOf}</small>
      </span>
    </div>
  )
}
