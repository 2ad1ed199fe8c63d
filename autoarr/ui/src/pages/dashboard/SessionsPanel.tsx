import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Progress } from '../../components/Progress.tsx'
import css from './Dashboard.module.css'
import { readSessions } from './data.ts'
import { State } from './State.tsx'
import { worst } from './standing.ts'
import { TEXTS } from './texts.ts'

/** Who plays what in Plex. Nothing where there is no Plex. */
export function SessionsPanel({ services }: { services: Schema<'Dashboard'>['services'] }) {
  const blocks = services.flatMap(({ blocks }) => blocks['sessions'] ?? [])
  const standing = worst(blocks)
  if (standing === null) {
    return null
  }
  const seen = blocks.map(({ state, data }) => (state === 'unknown' ? null : readSessions(data)))
  const sessions = seen.flatMap((one) => one?.items ?? [])
  const isKnown = seen.every((one) => one !== null)
  return (
    <Panel title={TEXTS.sessions} aside={<State {...standing} />}>
      {sessions.length === 0 ? (
        <p className={css['muted']}>{isKnown ? TEXTS.nothingPlays : TEXTS.playsUnknown}</p>
      ) : (
        <ul className={css['sessions']}>
          {sessions.map(({ title, user, player, state, progress, transcoded }) => (
            <li key={`${user} ${player} ${title}`}>
              <div className={css['service']}>
                <span className={css['serviceName']}>
                  <strong>{title}</strong>
                </span>
                <Badge>{TEXTS.sessionState(state)}</Badge>
                {transcoded ? <Badge tone="doubt">{TEXTS.transcoded}</Badge> : null}
              </div>
              <p className={css['muted']}>{TEXTS.sessionOf(user, player)}</p>
              {progress === null ? null : (
                <Progress value={Math.min(1, progress)} label={TEXTS.progressOf(title)} />
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
