import { useId } from 'react'
import { usePageTitle } from './usePageTitle.ts'

/** For an address that the server leaves to the client, and the client doesn't know either. */
export function NotFound({ path }: { path: string }) {
  const id = useId()
  usePageTitle('Page not found')
  return (
    <section className="card" aria-labelledby={id}>
      <h1 id={id}>Page not found</h1>
      <p>
        There is no page at <code>{path}</code>.
      </p>
      <p>
        <a href="/">Go to the status page</a>
      </p>
    </section>
  )
}
