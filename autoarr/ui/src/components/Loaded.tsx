import type { ReactNode } from 'react'
import { Failure, Loading } from './Notice.tsx'

/** What `useQuery` gives, as far as it matters here. */
interface Query<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

interface Props<T> {
  query: Query<T>
  /** About how tall the content will be. */
  lines?: number
  children: (data: T) => ReactNode
}

/** Shows what a query gave; while it failed to be renewed, what it gave before, under the reason. */
export function Loaded<T>({ query, lines, children }: Props<T>) {
  const { data, error, refetch } = query
  return (
    <>
      {error ? <Failure error={error} retry={() => void refetch()} /> : null}
      {data === undefined ? error ? null : <Loading {...(lines && { lines })} /> : children(data)}
    </>
  )
}
