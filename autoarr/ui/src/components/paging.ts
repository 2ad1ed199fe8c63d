/** Rows that are asked for at once. */
export const PAGE_SIZE = 100

/** Rows beyond those in sight whose pages are asked for already. */
const AHEAD = 30

export interface ListPage<Row> {
  items: Row[]
  total: number
}

/** The page (from 1) that the row at `index` (from 0) is on. */
export function pageOf(index: number): number {
  return Math.floor(index / PAGE_SIZE) + 1
}

/** The pages that are needed to show rows, in order: those of the rows, and those about to be. */
export function pagesFor(indexes: readonly number[], total: number): number[] {
  const pages = new Set<number>()
  for (const index of indexes) {
    pages.add(pageOf(index))
    pages.add(pageOf(Math.max(0, index - AHEAD)))
    pages.add(pageOf(Math.max(0, Math.min(total - 1, index + AHEAD))))
  }
  return pages.size === 0 ? [1] : [...pages].sort((one, other) => one - other)
}

/** What rows are known by: of each page that was ever seen, its rows' keys in order. */
export type Keys = ReadonlyMap<number, readonly string[]>

/** What the row at `index` is known by, or where it is while nothing else is known of it. */
export function keyAt(keys: Keys, index: number): string | number {
  return keys.get(pageOf(index))?.[index % PAGE_SIZE] ?? index
}

/** Where the row is that is known by `key`; null where that isn't known. */
export function indexOf(keys: Keys, key: string | number): number | null {
  if (typeof key === 'number') {
    return key
  }
  for (const [page, known] of keys) {
    const at = known.indexOf(key)
    if (at !== -1) {
      return (page - 1) * PAGE_SIZE + at
    }
  }
  return null
}
