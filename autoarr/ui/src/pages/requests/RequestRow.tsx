import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { ButtonLink } from '../../components/Button.tsx'
import { Poster } from '../../components/Poster.tsx'
import { Ago } from '../../components/Time.tsx'
import { Approval } from './Approval.tsx'
import css from './Requests.module.css'
import { STATES } from './states.ts'
import { texts } from './texts.ts'
import { describeExtent } from './wish.ts'

/** One request in the list, with what can be decided about it. */
export function RequestRow({ request, isAdmin }: { request: Schema<'RequestView'>; isAdmin: boolean }) {
  const { id, title, year, poster, user_name, created_at, state, reason } = request
  const extent = describeExtent(request)
  return (
    <article className={css['row']}>
      <Poster address={poster} title={title} width={52} />
      <div className={css['what']}>
        <p className={css['title']}>
          <Link href={`/requests/${id}`}>
            {title}
            {year === null ? null : ` (${year})`}
          </Link>
        </p>
        <p className={css['quiet']}>
          {extent ? `${extent} · ` : null}
          {texts.by(user_name)} · <Ago at={created_at} />
        </p>
        <p className={css['reason']}>{reason}</p>
      </div>
      <div className={css['state']}>
        <Badge tone={STATES[state].tone}>{STATES[state].name}</Badge>
        {isAdmin ? <Approval request={request} small /> : null}
        {state === 'choosing' ? (
          <ButtonLink href={`/requests/${id}`} small>
            {texts.choose}
          </ButtonLink>
        ) : null}
      </div>
    </article>
  )
}
