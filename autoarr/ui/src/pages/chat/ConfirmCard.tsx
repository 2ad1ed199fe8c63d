import { useState } from 'react'
import { Link } from 'wouter'
import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Badge, type Tone } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { Diff } from '../../components/Diff.tsx'
import { Facts } from '../../components/Facts.tsx'
import { Failure } from '../../components/Notice.tsx'
import { toast } from '../../components/toast.ts'
import { formatDuration } from '../../format.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useNow } from '../../hooks/useNow.ts'
import css from './Chat.module.css'
import type { Confirmation } from './items.ts'
import { nameTool, texts } from './texts.ts'
import { readPreview, unfence } from './unfence.ts'

type State = Schema<'ConfirmationView'>['state']

const TONES: Readonly<Record<State, Tone>> = {
  open: 'doubt',
  running: 'accent',
  done: 'good',
  failed: 'bad',
  declined: 'rest',
  expired: 'rest',
}

/** A write as it was previewed: to be confirmed or declined, once; then what became of it. */
export function ConfirmCard({ confirmation }: { confirmation: Confirmation }) {
  const [decided, setDecided] = useState<Confirmation | null>(null)
  const invalidate = useInvalidate()
  const { busy, problem, act } = useAction(async (confirm: boolean) => {
    try {
      const { data } = await client.POST('/api/v1/chat/confirm', {
        body: { confirmation_id: confirmation.id, confirm },
      })
      if (data) {
        setDecided(data)
        const tone = data.state === 'failed' ? 'bad' : 'good'
        toast(texts.decided(nameTool(data.tool), texts.states[data.state], data.error), { tone })
      }
    } finally {
      await invalidate('/api/v1/confirmations', '/api/v1/chat', '/api/v1/requests', '/api/v1/recoveries')
    }
  })
  const now = useNow()
  // What is asked for again may be older than one's own word.
  const known = decided !== null && confirmation.state === 'open' ? decided : confirmation
  const left = (Date.parse(known.expires_at) - now) / 1000
  const state: State = known.state === 'open' && left <= 0 ? 'expired' : known.state
  const { summary, fields, facts } = readPreview(known.preview)
  return (
    <article className={css['card']}>
      <div className={css['cardHead']}>
        <h3>{nameTool(known.tool)}</h3>
        <Badge tone={TONES[state]}>{texts.states[state]}</Badge>
      </div>
      <p>{summary}</p>
      {fields.length > 0 ? <Diff fields={fields} /> : null}
      {facts.length > 0 ? (
        <div className={css['facts']}>
          <Facts facts={facts} />
        </div>
      ) : null}
      {problem ? <Failure error={problem} /> : null}
      {state === 'open' ? (
        <>
          <div className={css['decisions']}>
            <Button tone="primary" busy={busy} onClick={() => act(true)}>
              {texts.confirm}
            </Button>
            <Button disabled={busy} onClick={() => act(false)}>
              {texts.decline}
            </Button>
          </div>
          <p className={css['quiet']}>{texts.validFor(formatDuration(left))}</p>
        </>
      ) : (
        <Outcome state={state} confirmation={known} />
      )}
    </article>
  )
}

function Outcome({ state, confirmation }: { state: State; confirmation: Confirmation }) {
  const result = unfence(confirmation.result ?? {}) as Record<string, unknown>
  switch (state) {
    case 'done':
      return typeof result['request_id'] === 'string' ? (
        <p>
          <Link href={`/requests/${result['request_id']}`}>{texts.toRequest}</Link>
        </p>
      ) : null
    case 'failed':
      return <p className={css['error']}>{texts.failedWith(confirmation.error ?? '')}</p>
    case 'running':
      return <p role="status">{texts.running}</p>
    case 'expired':
      return <p className={css['quiet']}>{texts.expired}</p>
    default:
      return <p className={css['quiet']}>{texts.declined}</p>
  }
}
