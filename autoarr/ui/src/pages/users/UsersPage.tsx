import { useState } from 'react'
import { api, client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { Confirm } from '../../components/Confirm.tsx'
import { type Column, DataTable } from '../../components/DataTable.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Pager } from '../../components/Pager.tsx'
import { Page, Panel } from '../../components/Panel.tsx'
import { Ago, Moment } from '../../components/Time.tsx'
import { toast } from '../../components/toast.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useMe } from '../../hooks/useMe.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { TokensPanel } from './TokensPanel.tsx'
import { ROLES, USERS } from './texts.ts'
import { NewPasswordDialog, UserDialog } from './UserDialogs.tsx'

type User = Schema<'UserView'>
type Open = { dialog: 'add' } | { dialog: 'edit' | 'password' | 'remove'; user: User }

const PAGE_SIZE = 100

/** Who may use AutoArr, and the API tokens of all. */
export default function UsersPage() {
  const refetchInterval = useRefetchInterval()
  const [page, setPage] = useState(1)
  const [open, setOpen] = useState<Open | null>(null)
  const params = { query: { page, page_size: PAGE_SIZE } }
  const users = api.useQuery('get', '/api/v1/users', { params }, { refetchInterval })
  return (
    <Page
      title={USERS.title}
      actions={
        <Button tone="primary" onClick={() => setOpen({ dialog: 'add' })}>
          {USERS.add}
        </Button>
      }
    >
      <Panel title={USERS.list}>
        <Loaded query={users} lines={6}>
          {({ items, total }) => (
            <>
              <UserTable users={items} open={setOpen} />
              <Pager page={page} pageSize={PAGE_SIZE} total={total} onPage={setPage} />
            </>
          )}
        </Loaded>
      </Panel>
      <TokensPanel all users={users.data?.items} />
      {open ? <OpenDialog open={open} close={() => setOpen(null)} /> : null}
    </Page>
  )
}

function UserTable({ users, open }: { users: readonly User[]; open: (open: Open) => void }) {
  const me = useMe()
  const { columns } = USERS
  const table: Column<User>[] = [
    {
      name: columns.name,
      heads: true,
      cell: ({ id, name }) => (
        <>
          {name} {id === me?.id ? <Badge tone="accent">{USERS.you}</Badge> : null}
        </>
      ),
    },
    { name: columns.role, cell: ({ role }) => ROLES[role] },
    {
      name: columns.state,
      cell: ({ disabled }) => (
        <Badge tone={disabled ? 'doubt' : 'good'}>{disabled ? USERS.disabled : USERS.active}</Badge>
      ),
    },
    { name: columns.since, cell: ({ created_at }) => <Moment at={created_at} /> },
    { name: columns.password, cell: ({ password_changed_at }) => <Ago at={password_changed_at} /> },
  ]
  return (
    <DataTable
      label={USERS.list}
      columns={table}
      rows={users}
      rowKey={({ id }) => id}
      actions={(user) => (
        <>
          <Button small onClick={() => open({ dialog: 'edit', user })} aria-label={USERS.editOf(user.name)}>
            {USERS.edit}
          </Button>
          {user.id === me?.id ? null : (
            <Button
              small
              onClick={() => open({ dialog: 'password', user })}
              aria-label={USERS.passwordOf(user.name)}
            >
              {USERS.password}
            </Button>
          )}
          <Button
            small
            tone="danger"
            onClick={() => open({ dialog: 'remove', user })}
            aria-label={USERS.removeOf(user.name)}
          >
            {USERS.remove}
          </Button>
        </>
      )}
    />
  )
}

function OpenDialog({ open, close }: { open: Open; close: () => void }) {
  const invalidate = useInvalidate()
  if (open.dialog === 'add') {
    return <UserDialog user={null} onClose={close} />
  }
  const { user } = open
  if (open.dialog === 'edit') {
    return <UserDialog user={user} onClose={close} />
  }
  if (open.dialog === 'password') {
    return <NewPasswordDialog user={user} onClose={close} />
  }
  return (
    <Confirm
      title={USERS.removeTitle(user.name)}
      deed={USERS.remove}
      onClose={close}
      run={async () => {
        await client.DELETE('/api/v1/users/{user_id}', { params: { path: { user_id: user.id } } })
        toast(USERS.removed(user.name))
        await invalidate('/api/v1/users', '/api/v1/tokens')
      }}
    >
      <p>{USERS.removeLoses}</p>
    </Confirm>
  )
}
