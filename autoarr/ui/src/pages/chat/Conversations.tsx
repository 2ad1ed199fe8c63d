import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import { Loaded } from '../../components/Loaded.tsx'
import { Ago } from '../../components/Time.tsx'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import css from './Chat.module.css'
import { texts } from './texts.ts'

const MOST = 100
/** No event tells of conversations. */
const LOOK_MS = 30_000

/** One's own conversations, the latest first. */
export function Conversations({ shown }: { shown: string | null }) {
  const query = api.useQuery(
    'get',
    '/api/v1/chat',
    { params: { query: { page_size: MOST } } },
    { refetchInterval: useRefetchInterval(LOOK_MS) },
  )
  return (
    <nav className={css['conversations']} aria-label={texts.conversations}>
      <h2>{texts.conversations}</h2>
      <Loaded query={query} lines={4}>
        {({ items, total }) => (
          <>
            {total === 0 ? <p className={css['quiet']}>{texts.noConversations}</p> : null}
            <ul>
              {items.map(({ id, title, busy, updated_at }) => (
                <li key={id}>
                  <Link
                    href={`/chat/${id}`}
                    className={css['conversation'] ?? ''}
                    aria-current={id === shown ? 'page' : undefined}
                  >
                    <span className={css['conversationTitle']}>{title}</span>
                    <span className={css['quiet']}>{busy ? texts.busy : <Ago at={updated_at} />}</span>
                  </Link>
                </li>
              ))}
            </ul>
            {total > items.length ? (
              <p className={css['quiet']}>{texts.older(total - items.length)}</p>
            ) : null}
          </>
        )}
      </Loaded>
    </nav>
  )
}
