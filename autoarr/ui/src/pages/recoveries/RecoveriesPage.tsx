import { useQuery } from '@tanstack/react-query'
import { Link, useSearchParams } from 'wouter'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Select } from '../../components/Field.tsx'
import { Empty } from '../../components/Notice.tsx'
import { Page, Panel } from '../../components/Panel.tsx'
import { PAGE_SIZE } from '../../components/paging.ts'
import { VirtualList } from '../../components/VirtualList.tsx'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { withParameter } from '../../parameters.ts'
import { FAILURES, type Failure } from './causes.ts'
import { asQuery, readFilters } from './filters.ts'
import css from './Recoveries.module.css'
import { RecoveryRow } from './RecoveryRow.tsx'
import { texts } from './texts.ts'
import { STATES, type State } from './words.ts'

const ROW_HEIGHT = 112
/** Of those that wait for a person, as many are shown above the list. */
const MOST_WAITING = 10

const STATE_OPTIONS = [
  ['', texts.anyState],
  ['open', texts.open],
  ['ended', texts.ended],
  ...Object.entries(STATES).map(([state, { name }]) => [state as State, name] as const),
] as const

const FAILURE_OPTIONS = [
  ['', texts.anyFailure],
  ...Object.entries(FAILURES).map(([failure, { name }]) => [failure as Failure, name] as const),
] as const

/** Failed downloads, and what is done about each. */
export default function RecoveriesPage() {
  const [search, setSearch] = useSearchParams()
  const filters = readFilters(search)
  const refetchInterval = useRefetchInterval()
  const page = (number: number) =>
    api.queryOptions('get', '/api/v1/recoveries', {
      params: { query: { ...asQuery(filters), page: number, page_size: PAGE_SIZE } },
    })
  const first = useQuery({ ...page(1), refetchInterval })
  const filtered = filters.state !== null || filters.failure !== null
  const change = (name: string) => (value: string) =>
    setSearch((before) => withParameter(before, name, value), { replace: true })
  return (
    <Page title={texts.title}>
      {filters.state === null ? <Waiting failure={filters.failure} /> : null}
      <Panel
        title={texts.all}
        aside={first.data ? <span className={css['quiet']}>{texts.total(first.data.total)}</span> : null}
      >
        <div className={css['filters']}>
          <Select
            label={texts.state}
            value={filters.state ?? ''}
            options={STATE_OPTIONS}
            onChange={change('state')}
          />
          <Select
            label={texts.failure}
            value={filters.failure ?? ''}
            options={FAILURE_OPTIONS}
            onChange={change('failure')}
          />
        </div>
        <VirtualList
          label={texts.list}
          page={page}
          rowKey={(recovery) => recovery.id}
          row={(recovery: Schema<'RecoveryView'>) => <RecoveryRow recovery={recovery} />}
          rowHeight={ROW_HEIGHT}
          refetchInterval={refetchInterval}
          empty={filtered ? <NoneLikeThat onClear={() => setSearch({}, { replace: true })} /> : <None />}
        />
      </Panel>
    </Page>
  )
}

/** Those that go no further without a person. */
function Waiting({ failure }: { failure: Failure | null }) {
  const refetchInterval = useRefetchInterval()
  const { data } = api.useQuery(
    'get',
    '/api/v1/recoveries',
    { params: { query: { ...asQuery({ state: 'asking', failure }), page_size: MOST_WAITING } } },
    { refetchInterval },
  )
  if (!data || data.total === 0) {
    return null
  }
  const more = data.total - data.items.length
  return (
    <Panel title={texts.waiting} aside={<span className={css['quiet']}>{texts.total(data.total)}</span>}>
      <ul className={css['waiting']}>
        {data.items.map((recovery) => (
          <li key={recovery.id}>
            <RecoveryRow recovery={recovery} decisions />
          </li>
        ))}
      </ul>
      {more > 0 ? <Link href="/recoveries?state=asking">{texts.more(more)}</Link> : null}
    </Panel>
  )
}

function None() {
  return (
    <Empty title={texts.none}>
      <p>{texts.noneHint}</p>
    </Empty>
  )
}

function NoneLikeThat({ onClear }: { onClear: () => void }) {
  return (
    <Empty title={texts.noneOf}>
      <p>{texts.noneOfHint}</p>
      <Button onClick={onClear}>{texts.clear}</Button>
    </Empty>
  )
}
