/** Rows that are asked for at once. */
export const PAGE_SIZE = 100

export interface ListPage<Row> {
  items: Row[]
  total: number
}
