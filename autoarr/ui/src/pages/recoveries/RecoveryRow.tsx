import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { ReleaseName } from '../../components/ReleaseName.tsx'
import { Ago } from '../../components/Time.tsx'
import { FAILURES } from './causes.ts'
import { Decisions } from './Decisions.tsx'
import css from './Recoveries.module.css'
import { texts } from './texts.ts'
import { STATES } from './words.ts'

/** One failed download in a list; with `decisions`, what can be done about it. */
export function RecoveryRow({
  recovery,
  decisions = false,
}: {
  recovery: Schema<'RecoveryView'>
  decisions?: boolean
}) {
  const { id, title, failure, owner_name, state, reason, failed_at, next_at } = recovery
  const { name, tone } = STATES[state]
  return (
    <article className={css['row']}>
      <div className={css['what']}>
        <p className={css['title']}>
          <Link href={`/recoveries/${id}`}>
            <ReleaseName>{title}</ReleaseName>
          </Link>
        </p>
        <p className={css['quiet']}>
          {FAILURES[failure].name} · {owner_name} · {texts.failed} <Ago at={failed_at} />
        </p>
        <p className={css['reason']}>{reason}</p>
      </div>
      <div className={css['state']}>
        <Badge tone={tone}>{name}</Badge>
        {next_at !== null && state !== 'asking' ? (
          <p className={css['quiet']}>
            {texts.next} <Ago at={next_at} />
          </p>
        ) : null}
        {decisions ? <Decisions recovery={recovery} small /> : null}
      </div>
    </article>
  )
}
