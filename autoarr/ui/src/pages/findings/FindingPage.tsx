import { Page } from '../../components/Panel.tsx'

export default function FindingPage({ id }: { id: string }) {
  return (
    <Page title="Finding">
      <p>{id}</p>
    </Page>
  )
}
