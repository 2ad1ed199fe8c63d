import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Ago } from '../../components/Time.tsx'
import { OUTCOME } from '../activity/texts.ts'
import css from './Dashboard.module.css'
import { TEXTS } from './texts.ts'

/** The newest entries of the log. */
export function ActivityPanel({ entries }: { entries: readonly Schema<'RecentActivity'>[] }) {
  return (
    <Panel title={TEXTS.activity} aside={<Link href="/activity">{TEXTS.allActivity}</Link>}>
      {entries.length === 0 ? (
        <p className={css['muted']}>{TEXTS.nothingHappened}</p>
      ) : (
        <ol className={css['activity']}>
          {entries.map(({ id, at, message, actor, outcome }) => (
            <li key={id}>
              <span>
                {outcome === 'failed' || outcome === 'refused' ? (
                  <Badge tone={outcome === 'failed' ? 'bad' : 'doubt'}>{OUTCOME[outcome]}</Badge>
                ) : null}{' '}
                {message}
              </span>
              <span className={css['muted']}>
                {actor}, <Ago at={at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
