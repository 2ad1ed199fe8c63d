import { useState } from 'react'
import { api, client } from '../../../api/client.ts'
import { Problem } from '../../../api/problem.ts'
import type { Schema } from '../../../api/types.ts'
import { Button } from '../../../components/Button.tsx'
import { Form, FormButtons, FormFailure } from '../../../components/Form.tsx'
import { Loaded } from '../../../components/Loaded.tsx'
import { Notice } from '../../../components/Notice.tsx'
import { toast } from '../../../components/toast.ts'
import { useAction } from '../../../hooks/useAction.ts'
import { useInvalidate } from '../../../hooks/useInvalidate.ts'
import { useRefetchInterval } from '../../../hooks/useRefetchInterval.ts'
import { DryRunPanel } from './DryRunPanel.tsx'
import { type Draft, draftOf, policyOf, sameDraft } from './draft.ts'
import { Exceptions } from './Exceptions.tsx'
import { ModePanel, RequestsPanel, WhenPanel } from './PolicyPanels.tsx'
import { POLICY } from './texts.ts'

type Policy = Schema<'Policy'>

/** What AutoArr may do by itself, with a look at what that would have done. */
export default function PolicyPart() {
  const refetchInterval = useRefetchInterval()
  const policy = api.useQuery('get', '/api/v1/policy', {}, { refetchInterval })
  return (
    <Loaded query={policy} lines={16}>
      {(saved) => <PolicyForm saved={saved} />}
    </Loaded>
  )
}

interface Tried {
  policy: Policy
  dryRun: Schema<'DryRun'>
}

function PolicyForm({ saved }: { saved: Policy }) {
  const invalidate = useInvalidate()
  // What the draft began as: the policy may change elsewhere while it is edited.
  const [base, setBase] = useState(() => draftOf(saved))
  const [draft, setDraft] = useState(base)
  const [refused, setRefused] = useState<Problem | null>(null)
  const [tried, setTried] = useState<Tried | null>(null)
  const now = draftOf(saved)
  const changed = !sameDraft(draft, base)
  const elsewhere = !sameDraft(now, base)
  if (elsewhere && (!changed || sameDraft(now, draft))) {
    setBase(now)
    setDraft(now)
  }
  function change(next: Partial<Draft>): void {
    setDraft((old) => ({ ...old, ...next }))
  }
  async function put(policy: Policy): Promise<void> {
    await client.PUT('/api/v1/policy', { body: policy })
    await invalidate('/api/v1/policy')
  }
  const saving = useAction(async (policy: Policy) => {
    await put(policy)
    setBase(draftOf(policy))
    toast(POLICY.saved, { undo: { label: POLICY.undo, run: () => undoing.act(saved) } })
  })
  const undoing = useAction(async (policy: Policy) => {
    await put(policy)
    toast(POLICY.undone)
  })
  const trying = useAction(async (policy: Policy) => {
    setTried(null)
    const { data } = await client.POST('/api/v1/policy/dry-run', { body: policy })
    setTried(data ? { policy, dryRun: data } : null)
  })
  function read(then: (policy: Policy) => void): void {
    const { policy, wrong } = policyOf(draft)
    setRefused(wrong && new Problem(422, POLICY.form, '', { fields: wrong }))
    if (policy) {
      then(policy)
    }
  }
  const problem = refused ?? saving.problem ?? trying.problem ?? undoing.problem
  const wrong = problem?.fields ?? new Map<string, string>()
  const tryIt = () => read(trying.act)
  return (
    <>
      <Form label={POLICY.form} problem={problem} onSubmit={() => read(saving.act)}>
        <ModePanel draft={draft} change={change} />
        <Exceptions draft={draft} change={change} />
        <WhenPanel draft={draft} change={change} wrong={wrong} />
        <RequestsPanel draft={draft} change={change} wrong={wrong} />
        <FormFailure problem={problem} fields={[...(refused?.fields.keys() ?? [])]} />
        {changed && elsewhere ? (
          <Notice tone="doubt" title={POLICY.elsewhere} urgent>
            <p>{POLICY.elsewhereExplain}</p>
            <FormButtons>
              <Button
                small
                onClick={() => {
                  setBase(now)
                  setDraft(now)
                }}
              >
                {POLICY.takeTheirs}
              </Button>
            </FormButtons>
          </Notice>
        ) : null}
        <FormButtons sticky>
          <Button type="submit" tone="primary" busy={saving.busy} disabled={!changed}>
            {POLICY.save}
          </Button>
          <Button busy={trying.busy} onClick={tryIt}>
            {POLICY.tryIt}
          </Button>
          {changed ? (
            <Button tone="quiet" onClick={() => setDraft(base)}>
              {POLICY.reset}
            </Button>
          ) : null}
          <span role="status">{changed ? POLICY.unsaved : ''}</span>
        </FormButtons>
      </Form>
      <DryRunPanel
        busy={trying.busy}
        dryRun={tried?.dryRun ?? null}
        outdated={tried !== null && !sameDraft(draftOf(tried.policy), draft)}
        again={tryIt}
      />
    </>
  )
}
