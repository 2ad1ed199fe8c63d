import { Link } from 'wouter'
import { Failure } from '../../components/Notice.tsx'
import { Panel } from '../../components/Panel.tsx'
import css from './Dashboard.module.css'
import { TEXTS } from './texts.ts'
import type { Waiting } from './useWaiting.ts'

/** What a person has to decide. Nothing where nothing waits. */
export function WaitingPanel({ waiting: { recoveries, requests, failed, total } }: { waiting: Waiting }) {
  if (total === 0 && !failed) {
    return null
  }
  return (
    <Panel title={TEXTS.waiting}>
      {failed ? <Failure error={failed.error} retry={() => void failed.refetch()} /> : null}
      <div className={css['waiting']}>
        <Group
          total={recoveries.data?.total ?? 0}
          name={TEXTS.recoveries}
          href="/recoveries?state=asking"
          items={(recoveries.data?.items ?? []).map(({ id, title }) => ({
            id,
            href: `/recoveries/${id}`,
            text: title,
          }))}
        />
        <Group
          total={requests.data?.total ?? 0}
          name={TEXTS.requests}
          href="/requests?state=awaiting_approval"
          items={(requests.data?.items ?? []).map(({ id, title, text, user_name }) => ({
            id,
            href: `/requests/${id}`,
            text: TEXTS.requestBy(title || text, user_name),
          }))}
        />
      </div>
    </Panel>
  )
}

interface Named {
  id: string
  href: string
  text: string
}

interface GroupProps {
  total: number
  name: (count: number) => string
  href: string
  items: readonly Named[]
}

function Group({ total, name, href, items }: GroupProps) {
  if (total === 0) {
    return null
  }
  return (
    <div>
      <h3>
        <Link href={href}>{name(total)}</Link>
      </h3>
      <ul>
        {items.map((item) => (
          <li key={item.id}>
            <Link href={item.href}>{item.text}</Link>
          </li>
        ))}
        {total > items.length ? <li className={css['muted']}>{TEXTS.more(total - items.length)}</li> : null}
      </ul>
    </div>
  )
}
