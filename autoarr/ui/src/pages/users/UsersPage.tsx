import { Page } from '../../components/Panel.tsx'

export default function UsersPage() {
  return (
    <Page title="Users">
      <p>…</p>
    </Page>
  )
}
