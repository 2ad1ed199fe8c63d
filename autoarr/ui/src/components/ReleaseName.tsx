import { Fragment } from 'react'

/** A name without spaces, such as a release's: its lines may end after its dots, and not in the middle of a word. */
export function ReleaseName({ children }: { children: string }) {
  return children.split(/(?<=[._-])(?=[^._\-\s])/).map((part, number) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity
    <Fragment key={number}>
      {number > 0 ? <wbr /> : null}
      {part}
    </Fragment>
  ))
}
