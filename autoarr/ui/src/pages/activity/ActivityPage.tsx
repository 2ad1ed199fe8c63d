import { Page } from '../../components/Panel.tsx'

export default function ActivityPage() {
  return (
    <Page title="Activity">
      <p>…</p>
    </Page>
  )
}
