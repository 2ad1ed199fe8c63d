import { Page } from '../../components/Panel.tsx'

export default function RecoveryPage({ id }: { id: string }) {
  return (
    <Page title="Recovery">
      <p>{id}</p>
    </Page>
  )
}
