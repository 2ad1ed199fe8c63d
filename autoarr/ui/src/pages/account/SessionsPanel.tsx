import { useState } from 'react'
import { api, client } from '../../api/client.ts'
import { logOut } from '../../api/session.ts'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { type Column, DataTable } from '../../components/DataTable.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Failure } from '../../components/Notice.tsx'
import { Pager } from '../../components/Pager.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Ago, Moment } from '../../components/Time.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { describeClient } from './client.ts'
import { ACCOUNT } from './texts.ts'

type Session = Schema<'SessionView'>

const say = ACCOUNT.sessions
const PAGE_SIZE = 50

const COLUMNS: readonly Column<Session>[] = [
  {
    name: say.columns.client,
    heads: true,
    cell: (session) => (
      <>
        <span title={session.client}>{describeClient(session.client)}</span>{' '}
        {session.current ? <Badge tone="accent">{say.current}</Badge> : null}
      </>
    ),
  },
  { name: say.columns.address, cell: ({ address }) => address },
  { name: say.columns.since, cell: ({ created_at }) => <Moment at={created_at} /> },
  { name: say.columns.used, cell: ({ last_used_at }) => <Ago at={last_used_at} /> },
  { name: say.columns.expires, cell: ({ expires_at }) => <Moment at={expires_at} /> },
]

/** Where one is logged in; each login can be ended. */
export function SessionsPanel() {
  const invalidate = useInvalidate()
  const refetchInterval = useRefetchInterval()
  const [page, setPage] = useState(1)
  const params = { query: { page, page_size: PAGE_SIZE } }
  const sessions = api.useQuery('get', '/auth/sessions', { params }, { refetchInterval })
  const ending = useAction(async (id: string) => {
    await client.DELETE('/auth/sessions/{session_id}', { params: { path: { session_id: id } } })
    toast(say.ended)
    await invalidate('/auth/sessions')
    // The row with the button is gone.
    document.getElementById('main')?.focus({ preventScroll: true })
  })
  return (
    <Panel title={say.title}>
      <p>{say.explain}</p>
      {ending.problem ? <Failure error={ending.problem} /> : null}
      <Loaded query={sessions}>
        {({ items, total }) => (
          <>
            <DataTable
              label={say.list}
              columns={COLUMNS}
              rows={items}
              rowKey={({ id }) => id}
              actions={({ id, client: agent, address, current }) =>
                current ? (
                  <Button small onClick={() => void logOut()}>
                    {say.logOut}
                  </Button>
                ) : (
                  <Button
                    small
                    disabled={ending.busy}
                    onClick={() => ending.act(id)}
                    aria-label={say.endOf(describeClient(agent), address)}
                  >
                    {say.end}
                  </Button>
                )
              }
            />
            <Pager page={page} pageSize={PAGE_SIZE} total={total} onPage={setPage} />
          </>
        )}
      </Loaded>
    </Panel>
  )
}
