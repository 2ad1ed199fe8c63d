import type { Schema } from '../../api/types.ts'
import css from './Requests.module.css'
import { texts } from './texts.ts'
import { findWay } from './way.ts'

/** How far a request is, station by station. */
export function Way({ request }: { request: Schema<'RequestWithTimeline'> }) {
  return (
    <ol className={css['way']}>
      {findWay(request).map(({ name, at }) => (
        <li key={name} data-at={at} aria-current={at === 'now' ? 'step' : undefined}>
          <span>{name}</span>
          <span className={css['at']}>{texts.at[at]}</span>
        </li>
      ))}
    </ol>
  )
}
