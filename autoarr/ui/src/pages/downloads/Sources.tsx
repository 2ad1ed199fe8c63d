import type { Schema } from '../../api/types.ts'
import { Badge, type Tone } from '../../components/Badge.tsx'
import { formatDuration } from '../../format.ts'
import css from './DownloadsPage.module.css'
import { texts } from './texts.ts'

const TONES: Readonly<Record<Schema<'QueueSource'>['state'], Tone>> = {
  fresh: 'good',
  stale: 'doubt',
  unknown: 'bad',
}

/** What is known of each service's queue, and since when. */
export function Sources({ sources }: { sources: ReadonlyArray<Schema<'QueueSource'>> }) {
  return (
    <ul className={css['sources']} aria-label={texts.sources}>
      {sources.map(({ id, name, state, age_s, total, failure }) => (
        <li key={id}>
          <span className={css['sourceName']}>{name}</span>
          <Badge tone={TONES[state]}>{texts.states[state]}</Badge>
          <span className={css['quiet']}>
            {total === null ? texts.rowsUnknown : texts.rows(total)}
            {' · '}
            {age_s === null ? texts.never : texts.asOf(formatDuration(age_s))}
          </span>
          {failure ? <span className={css['failure']}>{failure.detail}</span> : null}
        </li>
      ))}
    </ul>
  )
}
