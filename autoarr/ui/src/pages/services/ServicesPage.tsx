import { Page } from '../../components/Panel.tsx'

export default function ServicesPage() {
  return (
    <Page title="Services">
      <p>…</p>
    </Page>
  )
}
