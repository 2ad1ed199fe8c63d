import { type ReactNode, useState } from 'react'
import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Confirm } from '../../components/Confirm.tsx'
import { toast } from '../../components/toast.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import css from './Recoveries.module.css'
import { texts } from './texts.ts'
import { describeAction } from './words.ts'

type Recovery = Schema<'RecoveryView'>

/** What a person may do about a recovery now: approve what it proposes, or end it. Nothing where it ended. */
export function Decisions({ recovery, small = false }: { recovery: Recovery; small?: boolean }) {
  const [asked, setAsked] = useState<'approve' | 'cancel' | null>(null)
  const invalidate = useInvalidate()
  const { id, title, state, action, ended_at } = recovery
  async function decide(what: 'approve' | 'cancel'): Promise<void> {
    const params = { params: { path: { recovery_id: id } } }
    if (what === 'approve') {
      await client.POST('/api/v1/recoveries/{recovery_id}/approve', params)
      toast(texts.approved(title))
    } else {
      await client.POST('/api/v1/recoveries/{recovery_id}/cancel', params)
      toast(texts.cancelled(title))
    }
    await invalidate('/api/v1/recoveries', '/api/v1/downloads', '/api/v1/dashboard')
  }
  if (ended_at !== null || state === 'acting') {
    return null
  }
  const proposed = state === 'asking' && action !== null ? describeAction(action) : null
  const close = () => setAsked(null)
  return (
    <>
      <div className={css['decisions']}>
        {proposed ? (
          <Button tone="primary" small={small} onClick={() => setAsked('approve')}>
            {proposed.button}
          </Button>
        ) : null}
        <Button small={small} onClick={() => setAsked('cancel')}>
          {texts.cancel}
        </Button>
      </div>
      {asked === 'approve' && proposed ? (
        <Confirm
          title={texts.approveTitle}
          deed={proposed.button}
          keep={texts.keep}
          tone="primary"
          run={() => decide('approve')}
          onClose={close}
        >
          <Name>{title}</Name>
          <p>{texts.approveText(proposed.deed)}</p>
        </Confirm>
      ) : null}
      {asked === 'cancel' ? (
        <Confirm
          title={texts.cancelTitle}
          deed={texts.cancelDeed}
          keep={texts.keep}
          run={() => decide('cancel')}
          onClose={close}
        >
          <Name>{title}</Name>
          <p>{texts.cancelText}</p>
        </Confirm>
      ) : null}
    </>
  )
}

function Name({ children }: { children: ReactNode }) {
  return <p className={css['name']}>{children}</p>
}
