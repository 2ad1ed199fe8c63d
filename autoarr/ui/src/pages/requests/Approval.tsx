import { useState } from 'react'
import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Buttons, Dialog } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { Failure } from '../../components/Notice.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import css from './Requests.module.css'
import { texts } from './texts.ts'

const LONGEST_REASON = 500

type Request = Schema<'RequestView'>

/** What an administrator decides about a request that waits for it; nothing about others. */
export function Approval({ request, small = false }: { request: Request; small?: boolean }) {
  const [isDenying, setDenying] = useState(false)
  const invalidate = useInvalidate()
  const { busy, problem, act } = useAction(async () => {
    await client.POST('/api/v1/requests/{request_id}/approve', {
      params: { path: { request_id: request.id } },
    })
    toast(texts.approved(request.title))
    await invalidate('/api/v1/requests')
  })
  if (request.state !== 'awaiting_approval') {
    return null
  }
  return (
    <>
      <div className={css['decisions']}>
        <Button tone="primary" small={small} busy={busy} onClick={() => act()}>
          {texts.approve}
        </Button>
        <Button small={small} onClick={() => setDenying(true)}>
          {texts.deny}
        </Button>
      </div>
      {problem ? <Failure error={problem} /> : null}
      {isDenying ? <Denial request={request} onClose={() => setDenying(false)} /> : null}
    </>
  )
}

function Denial({ request, onClose }: { request: Request; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const invalidate = useInvalidate()
  const { busy, problem, act } = useAction(async () => {
    await client.POST('/api/v1/requests/{request_id}/deny', {
      params: { path: { request_id: request.id } },
      body: { reason: reason.trim() },
    })
    toast(texts.denied(request.title))
    onClose()
    await invalidate('/api/v1/requests')
  })
  return (
    <Dialog title={texts.denyTitle} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault()
          act()
        }}
      >
        <p className={css['title']}>{request.title}</p>
        <TextField
          label={texts.reason}
          hint={texts.reasonHint}
          value={reason}
          maxLength={LONGEST_REASON}
          required
          autoFocus
          onChange={(event) => setReason(event.target.value)}
        />
        {problem ? <Failure error={problem} /> : null}
        <Buttons>
          <Button onClick={onClose}>{texts.keep}</Button>
          <Button type="submit" tone="danger" busy={busy} disabled={reason.trim() === ''}>
            {texts.deny}
          </Button>
        </Buttons>
      </form>
    </Dialog>
  )
}
