import { Page } from '../../components/Panel.tsx'

export default function RecoveriesPage() {
  return (
    <Page title="Recoveries">
      <p>…</p>
    </Page>
  )
}
