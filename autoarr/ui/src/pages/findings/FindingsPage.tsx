import { Page } from '../../components/Panel.tsx'

export default function FindingsPage() {
  return (
    <Page title="Findings">
      <p>…</p>
    </Page>
  )
}
