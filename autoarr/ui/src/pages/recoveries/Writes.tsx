import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { MoreJson } from '../../components/Json.tsx'
import { Moment } from '../../components/Time.tsx'
import css from './Recoveries.module.css'
import { texts } from './texts.ts'
import { ATTEMPTS, describeAction } from './words.ts'

/** Each write to a service, and what became of it. */
export function Writes({ writes }: { writes: ReadonlyArray<Schema<'AttemptView'>> }) {
  if (writes.length === 0) {
    return <p className={css['quiet']}>{texts.noWrites}</p>
  }
  return (
    <ul className={css['writes']}>
      {writes.map(({ id, action, state, target, result, error, created_at }) => (
        <li key={id}>
          <div className={css['write']}>
            <strong className={css['deed']}>{describeAction(action).deed}</strong>
            <Badge tone={ATTEMPTS[state].tone}>{ATTEMPTS[state].name}</Badge>
            <span className={css['quiet']}>
              <Moment at={created_at} />
            </span>
          </div>
          {error ? <p className={css['error']}>{error}</p> : null}
          <MoreJson label={texts.exactly} value={target} />
          {result ? <MoreJson label={texts.gave} value={result} /> : null}
        </li>
      ))}
    </ul>
  )
}
