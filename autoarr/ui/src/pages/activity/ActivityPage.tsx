import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Empty, Failure } from '../../components/Notice.tsx'
import { Page } from '../../components/Panel.tsx'
import { PAGE_SIZE } from '../../components/paging.ts'
import { VirtualList } from '../../components/VirtualList.tsx'
import { useAction } from '../../hooks/useAction.ts'
import { useMedia } from '../../hooks/useMedia.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { ActivityFilters } from './ActivityFilters.tsx'
import css from './ActivityPage.module.css'
import { EntryRow } from './EntryRow.tsx'
import { download } from './export.ts'
import { readFilters, toQuery, writeFilters } from './filters.ts'
import { TEXTS } from './texts.ts'

/** Who did what, when, why, and how it ended, narrowed by the address's query. */
export default function ActivityPage() {
  const [search, setSearch] = useSearchParams()
  const filters = readFilters(search)
  const query = toQuery(filters)
  const pageOptions = (page: number) =>
    api.queryOptions('get', '/api/v1/activity', {
      params: { query: { ...query, page, page_size: PAGE_SIZE } },
    })
  const interval = useRefetchInterval()
  const first = api.useQuery('get', '/api/v1/activity', {
    params: { query: { ...query, page: 1, page_size: PAGE_SIZE } },
  })
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const isNarrow = useMedia('(max-width: 60rem)')
  const exporting = useAction(download)
  return (
    <Page
      title={TEXTS.title}
      actions={
        <>
          <Button busy={exporting.busy} onClick={() => exporting.act('csv', filters)}>
            {TEXTS.csv}
          </Button>
          <Button busy={exporting.busy} onClick={() => exporting.act('jsonl', filters)}>
            {TEXTS.jsonl}
          </Button>
        </>
      }
    >
      {exporting.problem ? <Failure error={exporting.problem} /> : null}
      <ActivityFilters
        filters={filters}
        change={(changed, typed) => setSearch(writeFilters(changed), { replace: typed })}
      />
      <section className={css['list']} aria-label={TEXTS.list}>
        <p className={css['total']} role="status">
          {first.data ? TEXTS.count(first.data.total) : null}
        </p>
        <VirtualList<Schema<'Entry'>>
          label={TEXTS.list}
          page={pageOptions}
          row={(entry) => (
            <EntryRow
              entry={entry}
              isOpen={open.has(entry.id)}
              toggle={() => setOpen((before) => toggled(before, entry.id))}
            />
          )}
          rowKey={({ id }) => id}
          rowHeight={isNarrow ? 104 : 52}
          refetchInterval={interval}
          empty={
            <Empty title={TEXTS.emptyTitle}>
              <p>{TEXTS.empty}</p>
            </Empty>
          }
        />
      </section>
    </Page>
  )
}

function toggled(before: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const after = new Set(before)
  if (!after.delete(id)) {
    after.add(id)
  }
  return after
}
