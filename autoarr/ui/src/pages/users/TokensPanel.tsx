import { useState } from 'react'
import { api, client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Confirm } from '../../components/Confirm.tsx'
import { type Column, DataTable } from '../../components/DataTable.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Pager } from '../../components/Pager.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Ago, Moment } from '../../components/Time.tsx'
import { toast } from '../../components/toast.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { TokenDialog } from './TokenDialog.tsx'
import { ROLES, TOKENS } from './texts.ts'

type Token = Schema<'TokenView'>

const PAGE_SIZE = 50

interface Props {
  /** Everybody's, for administrators; else one's own. */
  all?: boolean
  /** Whose names are known. */
  users?: ReadonlyArray<Schema<'UserView'>> | undefined
}

/** API tokens: which there are, making one, and revoking them. */
export function TokensPanel({ all = false, users }: Props) {
  const refetchInterval = useRefetchInterval()
  const invalidate = useInvalidate()
  const [page, setPage] = useState(1)
  const [making, setMaking] = useState(false)
  const [revoking, setRevoking] = useState<Token | null>(null)
  const params = { query: { all, page, page_size: PAGE_SIZE } }
  const tokens = api.useQuery('get', '/api/v1/tokens', { params }, { refetchInterval })
  const names = new Map(users?.map(({ id, name }) => [id, name]))
  return (
    <Panel
      title={TOKENS.title}
      aside={
        <Button small onClick={() => setMaking(true)}>
          {TOKENS.add}
        </Button>
      }
    >
      <p>{TOKENS.explain}</p>
      <Loaded query={tokens}>
        {({ items, total }) =>
          total === 0 ? (
            <p>{TOKENS.none}</p>
          ) : (
            <>
              <DataTable
                label={TOKENS.list}
                columns={columnsOf(all ? names : null)}
                rows={items}
                rowKey={({ id }) => id}
                actions={(token) => (
                  <Button
                    small
                    tone="danger"
                    onClick={() => setRevoking(token)}
                    aria-label={TOKENS.revokeOf(token.name)}
                  >
                    {TOKENS.revoke}
                  </Button>
                )}
              />
              <Pager page={page} pageSize={PAGE_SIZE} total={total} onPage={setPage} />
            </>
          )
        }
      </Loaded>
      {making ? <TokenDialog onClose={() => setMaking(false)} /> : null}
      {revoking ? (
        <Confirm
          title={TOKENS.revokeTitle(revoking.name)}
          deed={TOKENS.revoke}
          onClose={() => setRevoking(null)}
          run={async () => {
            await client.DELETE('/api/v1/tokens/{token_id}', { params: { path: { token_id: revoking.id } } })
            toast(TOKENS.revoked(revoking.name))
            await invalidate('/api/v1/tokens')
          }}
        >
          <p>{TOKENS.revokeLoses}</p>
        </Confirm>
      ) : null}
    </Panel>
  )
}

/** @param names of users by their ids; null where all tokens are one's own */
function columnsOf(names: ReadonlyMap<string, string> | null): Column<Token>[] {
  const { columns } = TOKENS
  const whose: Column<Token> = {
    name: columns.user,
    cell: ({ user_id }) => names?.get(user_id) ?? TOKENS.unknownUser,
  }
  return [
    { name: columns.name, heads: true, cell: ({ name }) => name },
    ...(names ? [whose] : []),
    { name: columns.role, cell: ({ role }) => ROLES[role] },
    { name: columns.hint, cell: ({ hint }) => <code>{`${hint}…`}</code> },
    {
      name: columns.used,
      cell: ({ last_used_at }) => (last_used_at ? <Ago at={last_used_at} /> : TOKENS.never),
    },
    {
      name: columns.expires,
      cell: ({ expires_at }) => (expires_at ? <Moment at={expires_at} /> : TOKENS.never),
    },
  ]
}
