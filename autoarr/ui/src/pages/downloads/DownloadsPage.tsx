import { Page } from '../../components/Panel.tsx'

export default function DownloadsPage() {
  return (
    <Page title="Downloads">
      <p>…</p>
    </Page>
  )
}
