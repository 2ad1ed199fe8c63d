import { useState } from 'react'
import { useLocation } from 'wouter'
import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Confirm } from '../../components/Confirm.tsx'
import { Failure, Loading } from '../../components/Notice.tsx'
import { toast } from '../../components/toast.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import css from './Chat.module.css'
import { Composer } from './Composer.tsx'
import { Broken, Hello } from './Hello.tsx'
import { ItemView } from './ItemView.tsx'
import { cancel, stop } from './replies.ts'
import { texts } from './texts.ts'
import { Usage } from './Usage.tsx'
import { useBegun } from './useBegun.ts'
import { useConversation } from './useConversation.ts'
import { useFollowing } from './useFollowing.ts'

/** What was said, what is being said, and what to say next. */
export function Conversation({ id, status }: { id: string | null; status: Schema<'ChatStatus'> }) {
  const { kept, error, refetch, items, reply, isElsewhere, finished, say } = useConversation(id)
  const isRunning = reply?.state === 'running' || reply?.state === 'stopping'
  const isLoaded = id === null || kept !== undefined
  useFollowing(items, isLoaded)
  useBegun(id)
  function end(): void {
    if (reply) {
      void stop(reply.id)
    } else if (id !== null) {
      cancel(id).then(refetch, refetch)
    }
  }
  return (
    <>
      {kept ? <Head conversation={kept} /> : null}
      {error ? <Failure error={error} retry={refetch} /> : null}
      {isLoaded || error ? null : <Loading lines={8} />}
      {id === null && items.length === 0 ? <Hello onSay={say} /> : null}
      <ol className={css['items']}>
        {items.map((item, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items are only ever added at the end
          <li key={at} className={css[item.kind]}>
            <ItemView item={item} />
          </li>
        ))}
        {isRunning ? <li className={css['quiet']}>{reply.waiting ?? texts.thinking}</li> : null}
        {isElsewhere ? <li className={css['quiet']}>{texts.elsewhere}</li> : null}
      </ol>
      {reply?.problem ? <Broken problem={reply.problem} onAgain={() => say(reply.said)} /> : null}
      <p className="visually-hidden" role="status">
        {finished}
      </p>
      {status.configured ? (
        <Composer
          isBusy={isRunning || isElsewhere}
          isStopping={reply?.state === 'stopping'}
          takesFocus={id !== null && reply?.isFirst === true}
          onSay={say}
          onStop={end}
        />
      ) : null}
      <Usage status={status} conversation={kept} usage={reply?.usage ?? null} />
    </>
  )
}

function Head({ conversation: { id, title } }: { conversation: Schema<'WholeConversation'> }) {
  const [isAsked, setAsked] = useState(false)
  const [, navigate] = useLocation()
  const invalidate = useInvalidate()
  async function remove(): Promise<void> {
    await client.DELETE('/api/v1/chat/{conversation_id}', { params: { path: { conversation_id: id } } })
    navigate('/chat')
    toast(texts.deleted)
    await invalidate('/api/v1/chat')
  }
  return (
    <div className={css['head']}>
      <h2>{title}</h2>
      <Button small tone="quiet" onClick={() => setAsked(true)}>
        {texts.deletes}
      </Button>
      {isAsked ? (
        <Confirm
          title={texts.deleteTitle}
          deed={texts.deletes}
          keep={texts.keep}
          run={remove}
          onClose={() => setAsked(false)}
        >
          <p>{texts.deleteText}</p>
        </Confirm>
      ) : null}
    </div>
  )
}
