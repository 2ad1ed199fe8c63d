import { useQueries, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Keys, type ListPage, PAGE_SIZE, pageOf } from './paging.ts'

/** The options of the query for a page (from 1) of `PAGE_SIZE` rows: `api.queryOptions('get', …)`. */
export type PageOptions = (page: number) => { queryKey: readonly unknown[]; queryFn?: unknown }

export type RowKey<Row> = (row: Row) => string | number

interface Source {
  /** The answers that the keys were read from. */
  pages: ReadonlyMap<number, unknown>
  keys: Keys
}

const NONE: Source = { pages: new Map(), keys: new Map() }

/** Those pages of a list that are wanted, and what is known of all that ever were. */
export function usePages<Row>(
  page: PageOptions,
  wanted: readonly number[],
  rowKey: RowKey<Row> | undefined,
  refetchInterval: number | false,
) {
  const client = useQueryClient()
  const queries = useQueries({
    queries: wanted.map((number) => ({
      ...(page(number) as { queryKey: readonly unknown[]; queryFn: () => Promise<ListPage<Row>> }),
      refetchInterval,
    })),
  })
  const known = new Map(wanted.map((number, at) => [number, queries[at]?.data]))

  const [total, setTotal] = useState<number | null>(
    // A list that is come back to is as long as it was at once, so that the browser finds the place again.
    () => client.getQueryData<ListPage<Row>>(page(1).queryKey)?.total ?? null,
  )
  const newest = queries
    .filter(({ data }) => data !== undefined)
    .sort((one, other) => other.dataUpdatedAt - one.dataUpdatedAt)[0]?.data?.total
  if (newest !== undefined && newest !== total) {
    setTotal(newest)
  }

  const [source, setSource] = useState(NONE)
  if (rowKey) {
    const fresh = [...known].filter(([number, data]) => data && source.pages.get(number) !== data)
    if (fresh.length > 0) {
      const pages = new Map<number, unknown>([...source.pages, ...fresh])
      const keys = new Map(source.keys)
      for (const [number, data] of fresh) {
        keys.set(number, data?.items.map((row) => `row ${rowKey(row)}`) ?? [])
      }
      setSource({ pages, keys })
    }
  }
  return {
    total: newest ?? total,
    keys: source.keys,
    failed: queries.find(({ error }) => error !== null),
    rowAt: (index: number): Row | undefined => known.get(pageOf(index))?.items[index % PAGE_SIZE],
  }
}
