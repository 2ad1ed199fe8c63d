import { hashKey } from '@tanstack/react-query'
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual'
import {
  type FocusEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { Failure, Loading } from './Notice.tsx'
import { indexOf, keyAt, pagesFor } from './paging.ts'
import { type PageOptions, type RowKey, usePages } from './usePages.ts'
import { useTop } from './useTop.ts'
import css from './VirtualList.module.css'

interface Props<Row> {
  /** What the list holds, for those who hear it. */
  label: string
  /** The options of the query for a page (from 1) of `PAGE_SIZE` rows: `api.queryOptions('get', …)`. */
  page: PageOptions
  row: (row: Row) => ReactNode
  /** What a row is known by: where rows come in before it, it keeps its focus, its height and its place in sight. */
  rowKey?: RowKey<Row>
  /** Pixels that a row is tall, about. */
  rowHeight: number
  /** What is shown in place of a list without rows. */
  empty: ReactNode
  /** Milliseconds between two looks where no event tells of changes. */
  refetchInterval?: number | false
}

/** Milliseconds of rest after which a far place of the list is asked for: not every page that flies by. */
const REST_MS = 120

/** Pixels at the top of the window that the header covers. */
const COVERED = 64

/** A list of any length: only the rows in sight exist, and only their pages are asked for. */
export function VirtualList<Row>(props: Props<Row>) {
  // Another list, such as that of another filter, begins anew.
  return <Rows key={hashKey(props.page(1).queryKey)} {...props} />
}

function Rows<Row>({ label, page, row, rowKey, rowHeight, empty, refetchInterval = false }: Props<Row>) {
  const [box, setBox] = useState<HTMLElement | null>(null)
  const top = useTop(box)
  const [wanted, setWanted] = useState<readonly number[]>([1])
  const { total, keys, failed, rowAt } = usePages(page, wanted, rowKey, refetchInterval)
  const [focused, setFocused] = useState<string | number | null>(null)
  const focusedIndex = focused === null ? null : indexOf(keys, focused)
  const virtualizer = useWindowVirtualizer({
    count: total ?? 0,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollMargin: top,
    getItemKey: useCallback((index: number) => keyAt(keys, index), [keys]),
    rangeExtractor: useCallback((range: Range) => withFocused(range, focusedIndex), [focusedIndex]),
  })
  const items = virtualizer.getVirtualItems()
  const needed = pagesFor(
    items.map(({ index }) => index),
    total ?? 0,
  )
  useWanting(needed, wanted, setWanted)

  const anchor = useRef<{ key: string | number; start: number } | null>(null)
  useLayoutEffect(() => {
    const before = anchor.current
    const now = before && indexOf(keys, before.key)
    const start = now === null ? undefined : virtualizer.measurementsCache[now]?.start
    // Who has scrolled reads on where they were, whatever came in or went before it.
    if (before && start !== undefined && start !== before.start && window.scrollY > top) {
      window.scrollBy(0, start - before.start)
    }
    anchor.current = null
  }, [keys, top, virtualizer])
  useEffect(() => {
    const first = items.find(({ end }) => end > window.scrollY + COVERED)
    anchor.current = first && typeof first.key === 'string' ? { key: first.key, start: first.start } : null
  })

  const shown = new Set<unknown>()
  return (
    <div>
      {failed ? <Failure error={failed.error} retry={() => void failed.refetch()} /> : null}
      {total === null && !failed ? <Loading lines={8} /> : null}
      {total === 0 ? empty : null}
      {total ? (
        // biome-ignore lint/a11y/useSemanticElements: rows that don't exist can't be in a <ul>
        <div
          role="list"
          aria-label={label}
          className={css['list']}
          style={{ height: virtualizer.getTotalSize() }}
          ref={setBox}
          onFocus={(event) => setFocused(keyOf(event, keys))}
          onBlur={(event) => {
            if (!event.currentTarget.contains(event.relatedTarget)) {
              setFocused(null)
            }
          }}
        >
          {items.map(({ index, start, key }) => {
            const one = rowAt(index)
            // While pages are asked for again, a row can be on two of them.
            const unique = shown.has(key) ? index : key
            shown.add(key)
            return (
              // biome-ignore lint/a11y/useSemanticElements: see above
              <div
                key={String(unique)}
                role="listitem"
                aria-posinset={index + 1}
                aria-setsize={total}
                data-index={index}
                ref={virtualizer.measureElement}
                className={css['row']}
                style={{ transform: `translateY(${start - top}px)`, minHeight: rowHeight }}
              >
                {one === undefined ? <div className={css['coming']} /> : row(one)}
              </div>
            )
          })}
        </div>
      ) : null}
    </div>
  )
}

/** The row that has the focus stays, also out of sight: else the focus would be lost. */
function withFocused(range: Range, focused: number | null): number[] {
  const indexes = defaultRangeExtractor(range)
  if (focused === null || focused >= range.count || indexes.includes(focused)) {
    return indexes
  }
  return [...indexes, focused].sort((one, other) => one - other)
}

function keyOf(event: FocusEvent, keys: ReadonlyMap<number, readonly string[]>): string | number | null {
  const index = event.target.closest<HTMLElement>('[data-index]')?.dataset['index']
  return index === undefined ? null : keyAt(keys, Number(index))
}

/** Wants the pages that are needed: those nearby at once, others when the scrolling rests. */
function useWanting(
  needed: readonly number[],
  wanted: readonly number[],
  want: (pages: readonly number[]) => void,
): void {
  const next = needed.join()
  const isSame = next === wanted.join()
  const isNear = needed.some((page) => wanted.includes(page))
  useEffect(() => {
    if (isSame) {
      return
    }
    const pages = next.split(',').map(Number)
    const timer = setTimeout(() => want(pages), isNear ? 0 : REST_MS)
    return () => clearTimeout(timer)
  }, [next, isSame, isNear, want])
}
