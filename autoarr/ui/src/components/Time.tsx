import { formatAgo, formatDateTime } from '../format.ts'
import { useNow } from '../hooks/useNow.ts'

/** How long ago, or in how long, something is; the moment itself, in the reader's zone, as a title. */
export function Ago({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {formatAgo(Date.parse(at), now)}
    </time>
  )
}

/** A moment in the reader's zone. */
export function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{formatDateTime(at)}</time>
}
