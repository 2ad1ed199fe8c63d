import type { Problem } from '../../api/problem.ts'
import type { Schema } from '../../api/types.ts'
import type { Tone } from '../../components/Badge.tsx'

type Change = Schema<'ChangeView'>

/** Whether a write was refused because what it was to change is another by now. */
export function isConflict({ status }: Problem): boolean {
  return status === 409 || status === 412
}

/** Whether a write was refused because nothing may be written at present. */
export function isObserved({ status }: Problem): boolean {
  return status === 403
}

export const CHANGE_TONE: Readonly<Record<Change['state'], Tone>> = {
  prepared: 'rest',
  writing: 'rest',
  applied: 'good',
  partly_applied: 'doubt',
  failed: 'bad',
  unresolved: 'doubt',
}

/** The ids of those changes that another one, made or under way, undoes. */
export function undone(changes: readonly Change[]): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { reverts_id, state } of changes) {
    if (reverts_id !== null && state !== 'failed') {
      ids.add(reverts_id)
    }
  }
  return ids
}

/** Whether something of a change is there that could be undone. */
export function canUndo(change: Change, undoneIds: ReadonlySet<string>): boolean {
  const isWritten = change.state === 'applied' || change.state === 'partly_applied'
  return isWritten && change.service_id !== null && !undoneIds.has(change.id)
}

/** Whether it is known to be done as wanted. */
export function isDone({ state }: Change): boolean {
  return state === 'applied'
}

/** Which answer of a revert it is: it gives what would be written, or what was. */
export function isPlan(answer: Change | Schema<'PlanView'> | undefined): answer is Schema<'PlanView'> {
  return answer !== undefined && 'fingerprint' in answer
}
