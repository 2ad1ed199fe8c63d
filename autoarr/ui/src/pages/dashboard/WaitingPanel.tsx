import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import { Failure } from '../../components/Notice.tsx'
import { Panel } from '../../components/Panel.tsx'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import css from './Dashboard.module.css'
import { TEXTS } from './texts.ts'

/** Of each kind, as many are named. */
const FEW = 3

interface Waiting {
  id: string
  href: string
  text: string
}

/** What a person has to decide. Nothing where nothing waits. */
export function WaitingPanel() {
  const refetchInterval = useRefetchInterval()
  const recoveries = api.useQuery(
    'get',
    '/api/v1/recoveries',
    { params: { query: { state: 'asking', page_size: FEW } } },
    { refetchInterval },
  )
  const requests = api.useQuery(
    'get',
    '/api/v1/requests',
    { params: { query: { state: 'awaiting_approval', page_size: FEW } } },
    { refetchInterval },
  )
  const waits = (recoveries.data?.total ?? 0) + (requests.data?.total ?? 0)
  const failed = [recoveries, requests].find(({ error }) => error !== null)
  if (waits === 0 && !failed) {
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

interface GroupProps {
  total: number
  name: (count: number) => string
  href: string
  items: readonly Waiting[]
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
