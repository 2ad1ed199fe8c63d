import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import { ButtonLink } from '../../components/Button.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Page } from '../../components/Panel.tsx'
import css from './Chat.module.css'
import { Conversation } from './Conversation.tsx'
import { Conversations } from './Conversations.tsx'
import { texts } from './texts.ts'
import { WaitingConfirmations } from './WaitingConfirmations.tsx'

/** Conversations with a model; `id` is the one that is shown, null a new one. */
export default function ChatPage({ id }: { id: string | null }) {
  const status = api.useQuery('get', '/api/v1/chat/status')
  return (
    <Page
      title={texts.title}
      actions={id === null ? null : <ButtonLink href="/chat">{texts.fresh}</ButtonLink>}
    >
      <WaitingConfirmations shown={id} />
      <Loaded query={status} lines={8}>
        {(known) => (
          <div className={css['columns']} data-open={id === null ? 'none' : 'one'}>
            <Conversations shown={id} />
            <div className={css['main']}>
              {id === null ? null : (
                <p className={css['back']}>
                  <Link href="/chat">{texts.allConversations}</Link>
                </p>
              )}
              {known.configured ? null : (
                <Notice tone="doubt" title={texts.off}>
                  <p>{known.how}</p>
                  <p>
                    <Link href="/requests?ask">{texts.toRequests}</Link>
                  </p>
                </Notice>
              )}
              {id !== null || known.configured ? (
                <Conversation key={id ?? 'new'} id={id} status={known} />
              ) : null}
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  )
}
