import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import { Panel } from '../../components/Panel.tsx'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import css from './Chat.module.css'
import { ConfirmCard } from './ConfirmCard.tsx'
import { texts } from './texts.ts'

/** Requesters hear of no events about these. */
const LOOK_MS = 15_000

/** Writes that wait for one's word: those of other programs, and those of conversations that aren't shown. */
export function WaitingConfirmations({ shown }: { shown: string | null }) {
  const { data } = api.useQuery(
    'get',
    '/api/v1/confirmations',
    { params: { query: { page_size: 50 } } },
    { refetchInterval: useRefetchInterval(LOOK_MS) },
  )
  const waiting = (data?.items ?? []).filter(
    ({ origin, conversation_id }) => origin === 'mcp' || (shown === null && conversation_id !== null),
  )
  if (waiting.length === 0) {
    return null
  }
  return (
    <Panel title={texts.confirmations}>
      <p className={css['quiet']}>{texts.confirmationsHint}</p>
      <ul className={css['waiting']}>
        {waiting.map((one) => (
          <li key={one.id}>
            <p className={css['quiet']}>
              {texts.origins[one.origin]}{' '}
              {one.conversation_id ? (
                <Link href={`/chat/${one.conversation_id}`}>{texts.toConversation}</Link>
              ) : null}
            </p>
            <ConfirmCard confirmation={one} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
