import { useId } from 'react'
import type { Readiness } from '../../api/readiness.ts'
import { formatAge } from '../../format.ts'
import { Age } from './Age.tsx'
import type { Headline } from './headline.ts'
import { Icon } from './Icon.tsx'
import { freshness, type Observation } from './observation.ts'

interface Props {
  statement: Headline
  readiness: Observation<Readiness>
  now: number
}

/** The statement, read out when it changes, and when it was last checked, which isn't. */
export function ReadinessCard({ statement, readiness, now }: Props) {
  const id = useId()
  return (
    <section className={`card statement tone-${statement.tone}`} aria-labelledby={id}>
      <div className="statement-text" role="status">
        <Icon tone={statement.tone} />
        <h1 id={id}>{statement.title}</h1>
        <p>{statement.explanation}</p>
      </div>
      <p className="checked">
        {readiness.checkedAt === null ? (
          'Not checked yet'
        ) : (
          <span>
            Last checked <Age at={readiness.checkedAt} now={now} />
          </span>
        )}
        <LastKnown readiness={readiness} now={now} />
      </p>
    </section>
  )
}

/** What the server said when it last could be believed; nothing while the statement itself says it. */
function LastKnown({ readiness, now }: Omit<Props, 'statement'>) {
  const { last } = readiness
  if (last === null || freshness(readiness, now) === 'fresh') {
    return null
  }
  return (
    <span className="badge">
      Last known: {last.value.ready ? 'ready' : 'not ready'}, {formatAge(last.at, now)} ago
    </span>
  )
}
