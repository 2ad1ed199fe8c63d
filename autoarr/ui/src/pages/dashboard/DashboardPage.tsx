import { Page } from '../../components/Panel.tsx'

export default function DashboardPage() {
  return (
    <Page title="Dashboard">
      <p>…</p>
    </Page>
  )
}
