import { useQueries } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { Failure } from './Notice.tsx'
import { type ListPage, PAGE_SIZE } from './paging.ts'
import css from './VirtualList.module.css'

interface Props<Row> {
  /** What the list holds, for those who hear it. */
  label: string
  /** The options of the query for a page (from 1) of `PAGE_SIZE` rows: `api.queryOptions('get', …)`. */
  page: (page: number) => { queryKey: readonly unknown[]; queryFn?: unknown }
  row: (row: Row) => ReactNode
  /** Pixels that a row is tall, about. */
  rowHeight: number
  /** What is shown in place of a list without rows. */
  empty: ReactNode
  /** Milliseconds between two looks where no event tells of changes. */
  refetchInterval?: number | false
}

/** A list of any length: only the rows in sight exist, and only their pages are asked for. */
export function VirtualList<Row>({
  label,
  page,
  row,
  rowHeight,
  empty,
  refetchInterval = false,
}: Props<Row>) {
  const list = useRef<HTMLDivElement>(null)
  const [offset, setOffset] = useState(0)
  useLayoutEffect(() => {
    setOffset(list.current?.offsetTop ?? 0)
  }, [])
  const [wanted, setWanted] = useState<readonly number[]>([1])
  const queries = useQueries({
    queries: wanted.map((number) => ({
      ...(page(number) as { queryKey: readonly unknown[]; queryFn: () => Promise<ListPage<Row>> }),
      refetchInterval,
    })),
  })
  const known = new Map(wanted.map((number, at) => [number, queries[at]?.data]))
  const [lastTotal, setLastTotal] = useState<number | null>(null)
  const total = queries.find(({ data }) => data !== undefined)?.data?.total ?? lastTotal
  if (total !== lastTotal) {
    setLastTotal(total)
  }
  const virtualizer = useWindowVirtualizer({
    count: total ?? 0,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollMargin: offset,
    gap: 0,
  })
  const rows = virtualizer.getVirtualItems()
  const first = Math.floor((rows[0]?.index ?? 0) / PAGE_SIZE) + 1
  const last = Math.floor((rows.at(-1)?.index ?? 0) / PAGE_SIZE) + 1
  if (wanted[0] !== first || wanted.at(-1) !== last) {
    setWanted(Array.from({ length: last - first + 1 }, (_, at) => first + at))
  }
  const failed = queries.find(({ error }) => error !== null)
  return (
    <div ref={list}>
      {failed ? <Failure error={failed.error} retry={() => void failed.refetch()} /> : null}
      {total === 0 ? (
        empty
      ) : (
        // biome-ignore lint/a11y/useSemanticElements: rows that don't exist can't be in a <ul>
        <div
          role="list"
          aria-label={label}
          className={css['list']}
          style={{ height: virtualizer.getTotalSize() }}
        >
          {rows.map(({ index, start, key }) => {
            const one = known.get(Math.floor(index / PAGE_SIZE) + 1)?.items[index % PAGE_SIZE]
            return (
              // biome-ignore lint/a11y/useSemanticElements: see above
              <div
                key={key}
                role="listitem"
                aria-posinset={index + 1}
                aria-setsize={total ?? -1}
                data-index={index}
                ref={virtualizer.measureElement}
                className={css['row']}
                style={{ transform: `translateY(${start - offset}px)`, minHeight: rowHeight }}
              >
                {one === undefined ? <div className={css['coming']} /> : row(one)}
              </div>
            )
          })}
        </div>
      )}
    </div>
  )
}
