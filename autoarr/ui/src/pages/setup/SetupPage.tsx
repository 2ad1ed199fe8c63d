import { Page } from '../../components/Panel.tsx'

export default function SetupPage() {
  return (
    <Page title="Setup">
      <p>…</p>
    </Page>
  )
}
