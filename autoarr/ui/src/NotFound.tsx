import { Link } from 'wouter'
import { Page } from './components/Panel.tsx'

/** For an address that has no page, or none for who asks. */
export function NotFound({ path }: { path: string }) {
  return (
    <Page title="Page not found">
      <p>
        There is no page at <code>{path}</code>, or it is for administrators.
      </p>
      <p>
        <Link href="/">Go to the first page</Link>
      </p>
    </Page>
  )
}
