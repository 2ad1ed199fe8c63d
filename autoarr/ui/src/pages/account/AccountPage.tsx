import { Facts } from '../../components/Facts.tsx'
import { Page, Panel } from '../../components/Panel.tsx'
import { useMe } from '../../hooks/useMe.ts'
import { TokensPanel } from '../users/TokensPanel.tsx'
import { ROLES } from '../users/texts.ts'
import { PasswordForm } from './PasswordForm.tsx'
import { SessionsPanel } from './SessionsPanel.tsx'
import { ACCOUNT } from './texts.ts'

/** One's own account: who one is, one's password, logins and API tokens. */
export default function AccountPage() {
  const me = useMe()
  if (me === null) {
    return null
  }
  const { facts } = ACCOUNT
  return (
    <Page title={ACCOUNT.title}>
      <Panel title={ACCOUNT.who}>
        <Facts
          facts={[
            [facts.name, me.name],
            [facts.role, ROLES[me.role]],
            [facts.login, ACCOUNT.via[me.via]],
          ]}
        />
      </Panel>
      <Panel title={ACCOUNT.password.title}>
        <PasswordForm name={me.name} />
      </Panel>
      <SessionsPanel />
      <TokensPanel />
    </Page>
  )
}
