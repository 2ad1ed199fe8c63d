import { Page } from '../../components/Panel.tsx'

export default function AccountPage() {
  return (
    <Page title="Account">
      <p>…</p>
    </Page>
  )
}
