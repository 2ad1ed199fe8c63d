import { Page } from '../../components/Panel.tsx'

export default function ChatPage({ id }: { id: string | null }) {
  return (
    <Page title="Chat">
      <p>{id}</p>
    </Page>
  )
}
