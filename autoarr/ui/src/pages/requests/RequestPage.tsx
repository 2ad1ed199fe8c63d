import { Page } from '../../components/Panel.tsx'

export default function RequestPage({ id }: { id: string }) {
  return (
    <Page title="Request">
      <p>{id}</p>
    </Page>
  )
}
