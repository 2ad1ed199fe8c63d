import { useSearchParams } from 'wouter'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Empty } from '../../components/Notice.tsx'
import { Page } from '../../components/Panel.tsx'
import { PAGE_SIZE } from '../../components/paging.ts'
import { VirtualList } from '../../components/VirtualList.tsx'
import { useMedia } from '../../hooks/useMedia.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { AuditSummary } from './AuditSummary.tsx'
import { FindingFilters } from './FindingFilters.tsx'
import { FindingRow } from './FindingRow.tsx'
import css from './FindingsPage.module.css'
import { readFilters, toQuery, writeFilters } from './filters.ts'
import { TEXTS } from './texts.ts'

/** What the audits found, narrowed by the address's query. */
export default function FindingsPage() {
  const [search, setSearch] = useSearchParams()
  const filters = readFilters(search)
  const pageOptions = (page: number) =>
    api.queryOptions('get', '/api/v1/findings', {
      params: { query: { ...toQuery(filters), page, page_size: PAGE_SIZE } },
    })
  const interval = useRefetchInterval()
  const first = api.useQuery('get', '/api/v1/findings', {
    params: { query: { ...toQuery(filters), page: 1, page_size: PAGE_SIZE } },
  })
  const dashboard = api.useQuery('get', '/api/v1/dashboard', {})
  const isNever = dashboard.data?.audit.state === 'unknown'
  const isNarrow = useMedia('(max-width: 60rem)')
  return (
    <Page title={TEXTS.title}>
      <AuditSummary />
      <FindingFilters filters={filters} change={(changed) => setSearch(writeFilters(changed))} />
      <section className={css['list']} aria-label={TEXTS.list}>
        <p className={css['total']} role="status">
          {first.data ? TEXTS.count(first.data.total) : null}
        </p>
        <VirtualList<Schema<'FindingView'>>
          label={TEXTS.list}
          page={pageOptions}
          row={(finding) => <FindingRow finding={finding} />}
          rowKey={({ id }) => id}
          rowHeight={isNarrow ? 104 : 52}
          refetchInterval={interval}
          empty={
            <Empty title={TEXTS.emptyTitle}>
              <p>{isNever ? TEXTS.emptyNever : TEXTS.emptyFailed}</p>
            </Empty>
          }
        />
      </section>
    </Page>
  )
}
