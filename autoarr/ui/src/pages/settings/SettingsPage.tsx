import { Page } from '../../components/Panel.tsx'

export default function SettingsPage({ part }: { part: string }) {
  return (
    <Page title="Settings">
      <p>{part}</p>
    </Page>
  )
}
