import { client } from '../../api/client.ts'
import { asProblem, Problem } from '../../api/problem.ts'
import type { Schema } from '../../api/types.ts'
import { toast } from '../../components/toast.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { FINDING } from './findingTexts.ts'
import { isDone, isPlan } from './outcome.ts'
import { CHANGE_STATE } from './texts.ts'

type Change = Schema<'ChangeView'>
type Plan = Schema<'PlanView'>

function given<T>(data: T | undefined): T {
  if (data === undefined) {
    throw new Problem(0, 'Unexpected answer', 'The answer was empty.')
  }
  return data
}

/** The writes of a finding's page; each says how it ended, and offers to undo it. All throw a Problem. */
export function useWrites(finding: Schema<'FindingView'>) {
  const invalidate = useInvalidate()

  async function settle(change: Change, said: string, canUndo: boolean): Promise<void> {
    if (isDone(change)) {
      toast(said, canUndo ? { undo: { label: FINDING.undo, run: () => void undo(change.id) } } : {})
    } else {
      toast(FINDING.notApplied(CHANGE_STATE[change.state], change.error), { tone: 'bad' })
    }
    await invalidate('/api/v1/findings', '/api/v1/changes', '/api/v1/dashboard')
  }

  async function previewFix(): Promise<Plan> {
    const path = { finding_id: finding.id }
    return given((await client.POST('/api/v1/findings/{finding_id}/preview', { params: { path } })).data)
  }

  async function applyFix({ fingerprint }: Plan): Promise<void> {
    const { data } = await client.POST('/api/v1/findings/{finding_id}/apply', {
      params: { path: { finding_id: finding.id } },
      body: { fingerprint },
    })
    await settle(given(data), FINDING.applied(finding.title), true)
  }

  async function askToRevert(change_id: string, preview: boolean): Promise<Change | Plan> {
    const { data } = await client.POST('/api/v1/changes/{change_id}/revert', {
      params: { path: { change_id } },
      body: { preview },
    })
    return given(data)
  }

  async function previewRevert(change: string): Promise<Plan> {
    const plan = await askToRevert(change, true)
    if (!isPlan(plan)) {
      throw new Problem(0, 'Unexpected answer', 'The answer is no preview.')
    }
    return plan
  }

  async function revert(change: string): Promise<void> {
    const made = await askToRevert(change, false)
    if (!isPlan(made)) {
      await settle(made, FINDING.undone, false)
    }
  }

  async function undo(change: string): Promise<void> {
    try {
      await revert(change)
    } catch (error) {
      toast(asProblem(error).message, { tone: 'bad' })
    }
  }

  return { previewFix, applyFix, previewRevert, revert }
}
