import { Page } from '../../components/Panel.tsx'

export default function RequestsPage() {
  return (
    <Page title="Requests">
      <p>…</p>
    </Page>
  )
}
