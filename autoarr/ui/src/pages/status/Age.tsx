import { formatAge, formatTime } from '../../format.ts'

/** An instant and how long ago it was, both in milliseconds. */
export function Age({ at, now }: { at: number; now: number }) {
  return (
    <>
      <time dateTime={new Date(at).toISOString()}>{formatTime(at)}</time>, {formatAge(at, now)} ago
    </>
  )
}
