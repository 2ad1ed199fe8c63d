import { useId } from 'react'
import type { Schema } from '../../api/types.ts'
import { Badge, type Tone } from '../../components/Badge.tsx'
import { Facts } from '../../components/Facts.tsx'
import { Moment } from '../../components/Time.tsx'
import css from './ActivityPage.module.css'
import { OUTCOME, TEXTS } from './texts.ts'

type Entry = Schema<'Entry'>

const TONE: Readonly<Record<Entry['outcome'], Tone>> = { succeeded: 'good', failed: 'bad', refused: 'doubt' }

interface Props {
  entry: Entry
  isOpen: boolean
  toggle: () => void
}

/** One thing that happened; more of it on demand. */
export function EntryRow({ entry, isOpen, toggle }: Props) {
  const { at, actor, via, message, cause, outcome } = entry
  const id = useId()
  return (
    <div className={css['entry']}>
      <button
        type="button"
        className={css['row']}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={toggle}
      >
        <span className={css['at']}>
          <Moment at={at} />
        </span>
        <span className={css['outcome']}>
          <Badge tone={TONE[outcome]}>{OUTCOME[outcome]}</Badge>
        </span>
        <span className={css['message']}>
          <span>{message}</span>
          {cause ? <span className={css['cause']}>{TEXTS.cause(cause)}</span> : null}
        </span>
        <span className={css['by']}>{TEXTS.by(actor, via)}</span>
        <svg className={css['arrow']} viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
          <path d="m7 10 5 5 5-5" fill="none" stroke="currentColor" strokeWidth="2" />
        </svg>
      </button>
      {isOpen ? (
        <div className={css['details']} id={id}>
          <EntryDetails entry={entry} />
        </div>
      ) : null}
    </div>
  )
}

function EntryDetails({ entry }: { entry: Entry }) {
  const { action, subject, request_id, data, cause, message, id } = entry
  return (
    <>
      <p>{message}</p>
      {cause ? <p>{TEXTS.cause(cause)}</p> : null}
      <Facts
        facts={[
          [TEXTS.actionName, <code key="action">{action}</code>],
          [TEXTS.subject, subject ?? TEXTS.none],
          [TEXTS.request, request_id ? <code key="request">{request_id}</code> : TEXTS.none],
          [TEXTS.entry, String(id)],
        ]}
      />
      {data ? <pre className={css['data']}>{JSON.stringify(data, null, 2)}</pre> : null}
    </>
  )
}
