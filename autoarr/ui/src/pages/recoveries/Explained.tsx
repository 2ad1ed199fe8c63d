import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Facts } from '../../components/Facts.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Ago, Moment } from '../../components/Time.tsx'
import { FAILURES } from './causes.ts'
import { decide } from './policy.ts'
import css from './Recoveries.module.css'
import { texts } from './texts.ts'
import { describeAction } from './words.ts'

type Recovery = Schema<'RecoveryDetail'>

/** Why it failed, in words. */
export function Happened({ recovery }: { recovery: Recovery }) {
  const { failure, message, owner_id, owner_name, download_id, failed_at } = recovery
  const { name, is } = FAILURES[failure]
  return (
    <Panel title={texts.happened}>
      <p>
        <strong>{name}.</strong> {is}
      </p>
      {message ? <blockquote className={css['quote']}>{message}</blockquote> : <p>{texts.toldNothing}</p>}
      <Facts
        facts={[
          [texts.owner, owner_id === null ? texts.ownerGone(owner_name) : owner_name],
          [texts.failedAt, <Moment key="at" at={failed_at} />],
          [texts.download, download_id],
        ]}
      />
    </Panel>
  )
}

/** What is done about it, when, and which policy says so. */
export function Plan({ recovery }: { recovery: Recovery }) {
  const { failure, state, action, next_at, attempts, approved_by, ended_at } = recovery
  const deed = action === null ? texts.nothingYet : describeAction(action).deed
  const term = state === 'asking' ? texts.proposed : state === 'acting' ? texts.doing : texts.last
  return (
    <Panel title={texts.plan}>
      <p>{FAILURES[failure].does}</p>
      <Facts
        facts={[
          [
            term,
            <span key="deed" className={css['deed']}>
              {deed}
            </span>,
          ],
          ended_at === null
            ? [texts.nextLook, next_at === null ? null : <Ago key="next" at={next_at} />]
            : [texts.endedAt, <Moment key="ended" at={ended_at} />],
          [texts.attempts, attempts],
          ...(approved_by === null ? [] : [[texts.approvedBy, approved_by] as const]),
        ]}
      />
      <Policy recovery={recovery} />
    </Panel>
  )
}

function Policy({ recovery: { failure, owner_id, client_id } }: { recovery: Recovery }) {
  const { data, error } = api.useQuery('get', '/api/v1/policy')
  if (error || data === undefined) {
    return <p className={css['policy']}>{error ? texts.policyUnknown : '…'}</p>
  }
  const { mode, by } = decide(data, failure, [owner_id, client_id])
  return (
    <p className={css['policy']}>
      {texts.decided(texts.modes[mode], texts.deciders[by])}{' '}
      <Link href="/settings/policy">{texts.toPolicy}</Link>
    </p>
  )
}
