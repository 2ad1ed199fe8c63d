import { useSearchParams } from 'wouter'
import { api } from '../../../api/client.ts'
import type { Schema } from '../../../api/types.ts'
import { Badge, type Tone } from '../../../components/Badge.tsx'
import { Select } from '../../../components/Field.tsx'
import { Row } from '../../../components/Form.tsx'
import { Empty } from '../../../components/Notice.tsx'
import { Panel } from '../../../components/Panel.tsx'
import { PAGE_SIZE } from '../../../components/paging.ts'
import { asSentence } from '../../../components/sentence.ts'
import { Ago } from '../../../components/Time.tsx'
import { VirtualList } from '../../../components/VirtualList.tsx'
import { useRefetchInterval } from '../../../hooks/useRefetchInterval.ts'
import css from './Deliveries.module.css'
import { DELIVERIES as SAY } from './texts.ts'

type Notification = Schema<'NotificationView'>
type State = Notification['state']

const TONES: Readonly<Record<State, Tone>> = { queued: 'doubt', delivered: 'good', failed: 'bad' }

function readState(word: string | null): State | null {
  return word === 'queued' || word === 'delivered' || word === 'failed' ? word : null
}

/** What was told, or is still to be, and what came of it. `?state=` narrows it down. */
export function Deliveries({ targets }: { targets: ReadonlyArray<Schema<'TargetView'>> | undefined }) {
  const refetchInterval = useRefetchInterval()
  const [search, setSearch] = useSearchParams()
  const state = readState(search.get('state'))
  const names = new Map(targets?.map(({ id, name }) => [id, name]))
  return (
    <Panel title={SAY.title}>
      <Row>
        <Select<State | ''>
          label={SAY.state}
          value={state ?? ''}
          options={SAY.states}
          onChange={(chosen) => setSearch(chosen === '' ? {} : { state: chosen })}
        />
      </Row>
      <VirtualList<Notification>
        key={state}
        label={SAY.list}
        page={(page) =>
          api.queryOptions('get', '/api/v1/notifications', {
            params: { query: { page, page_size: PAGE_SIZE, ...(state && { state }) } },
          })
        }
        row={(one) => <Delivery one={one} name={names.get(one.target_id) ?? SAY.removed} />}
        rowHeight={76}
        empty={<Empty title={state ? SAY.noneSuch : SAY.none} />}
        refetchInterval={refetchInterval}
      />
    </Panel>
  )
}

function Delivery({ one, name }: { one: Notification; name: string }) {
  return (
    <div className={css['delivery']}>
      <div className={css['head']}>
        <strong>{one.title}</strong>
        <Badge tone={TONES[one.state]}>{SAY.badges[one.state]}</Badge>
        <span className={css['facts']}>
          {SAY.to(name)} · <Ago at={one.created_at} />
          {one.attempts > 1 ? ` · ${SAY.attempts(one.attempts)}` : ''}
          {one.next_at ? (
            <>
              {' · '}
              {SAY.next} <Ago at={one.next_at} />
            </>
          ) : null}
        </span>
      </div>
      <p>{one.message}</p>
      {one.error ? <p className={css['error']}>{asSentence(one.error)}</p> : null}
    </div>
  )
}
