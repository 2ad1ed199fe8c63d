import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'wouter'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Select } from '../../components/Field.tsx'
import { Empty } from '../../components/Notice.tsx'
import { Panel } from '../../components/Panel.tsx'
import { PAGE_SIZE } from '../../components/paging.ts'
import { VirtualList } from '../../components/VirtualList.tsx'
import { useMe } from '../../hooks/useMe.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { withParameter } from '../../parameters.ts'
import { asQuery, readFilters } from './filters.ts'
import { RequestRow } from './RequestRow.tsx'
import css from './Requests.module.css'
import { STATES, type State } from './states.ts'
import { texts } from './texts.ts'

const ROW_HEIGHT = 104

const SHOW_OPTIONS = [
  ['', texts.all],
  ['open', texts.open],
  ['ended', texts.ended],
  ...Object.entries(STATES).map(([state, { name }]) => [state as State, name] as const),
] as const

const WHOSE_OPTIONS = [
  ['', texts.anybodys],
  ['mine', texts.mine],
] as const

/** What was asked for: one's own, and for administrators everybody's. */
export function RequestList() {
  const [search, setSearch] = useSearchParams()
  const me = useMe()
  const isAdmin = me?.role === 'admin'
  const filters = readFilters(search)
  const refetchInterval = useRefetchInterval()
  const page = (number: number) =>
    api.queryOptions('get', '/api/v1/requests', {
      params: { query: { ...asQuery(filters, me?.id ?? null), page: number, page_size: PAGE_SIZE } },
    })
  const first = useQuery({ ...page(1), refetchInterval })
  const isFiltered = filters.show !== null || filters.mine
  const change = (name: string) => (value: string) =>
    setSearch((before) => withParameter(before, name, value), { replace: true })
  function clear(): void {
    setSearch((before) => withParameter(withParameter(before, 'show', ''), 'whose', ''), { replace: true })
  }
  return (
    <Panel
      title={isAdmin ? texts.everybody : texts.own}
      aside={first.data ? <span className={css['quiet']}>{texts.total(first.data.total)}</span> : null}
    >
      <div className={css['filters']}>
        <Select
          label={texts.show}
          value={filters.show ?? ''}
          options={SHOW_OPTIONS}
          onChange={change('show')}
        />
        {isAdmin ? (
          <Select
            label={texts.whose}
            value={filters.mine ? 'mine' : ''}
            options={WHOSE_OPTIONS}
            onChange={change('whose')}
          />
        ) : null}
      </div>
      <VirtualList
        label={texts.list}
        page={page}
        rowKey={(request) => request.id}
        row={(request: Schema<'RequestView'>) => <RequestRow request={request} isAdmin={isAdmin} />}
        rowHeight={ROW_HEIGHT}
        refetchInterval={refetchInterval}
        empty={
          <Empty title={isFiltered ? texts.noneOf : texts.none}>
            <p>{isFiltered ? texts.noneOfHint : texts.noneHint}</p>
            {isFiltered ? <Button onClick={clear}>{texts.clear}</Button> : null}
          </Empty>
        }
      />
    </Panel>
  )
}
