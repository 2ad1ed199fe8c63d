import { useEffect, useEffectEvent, useState } from 'react'
import { Link } from 'wouter'
import type { Problem } from '../../api/problem.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Buttons, Dialog } from '../../components/Dialog.tsx'
import { Diff } from '../../components/Diff.tsx'
import { Failure, Loading, Notice } from '../../components/Notice.tsx'
import { useAction } from '../../hooks/useAction.ts'
import css from './FindingPage.module.css'
import { FINDING } from './findingTexts.ts'
import { isConflict, isObserved } from './outcome.ts'

type Plan = Schema<'PlanView'>

interface Props {
  title: string
  /** What the button says that writes. */
  action: string
  /** Reads what would be written. @throws Problem */
  preview: () => Promise<Plan>
  /** Writes what was previewed. @throws Problem */
  write: (plan: Plan) => Promise<void>
  onClose: () => void
}

/** Shows what a write would change, and makes it on demand; where something else changed it meanwhile, looks again. */
export function WriteDialog({ title, action, preview, write, onClose }: Props) {
  const [plan, setPlan] = useState<Plan | null>(null)
  const reading = useAction(async () => {
    setPlan(null)
    setPlan(await preview())
  })
  const writing = useAction(async (seen: Plan) => {
    await write(seen)
    onClose()
  })
  const read = useEffectEvent(() => reading.act())
  useEffect(() => read(), [])
  function again(): void {
    writing.forget()
    reading.act()
  }
  return (
    <Dialog title={title} onClose={onClose} wide>
      {reading.busy ? (
        <div className={css['reading']}>
          <p role="status">{FINDING.reading}</p>
          <Loading lines={3} />
        </div>
      ) : null}
      {reading.problem ? <Failure error={reading.problem} retry={again} /> : null}
      {plan ? <PlanShown plan={plan} /> : null}
      {writing.problem ? <Refusal problem={writing.problem} again={again} /> : null}
      <Buttons>
        <Button onClick={onClose}>{plan?.already ? FINDING.close : FINDING.cancel}</Button>
        {plan && !plan.already && !writing.problem ? (
          <Button tone="primary" busy={writing.busy} onClick={() => writing.act(plan)}>
            {action}
          </Button>
        ) : null}
      </Buttons>
    </Dialog>
  )
}

function PlanShown({ plan }: { plan: Plan }) {
  if (plan.already) {
    return <Notice tone="good" title={FINDING.already} />
  }
  return (
    <div className={css['plan']}>
      <p>{FINDING.writes}</p>
      <Diff fields={plan.fields} />
      <h3>{FINDING.call}</h3>
      <pre className={css['call']}>{plan.call}</pre>
    </div>
  )
}

/** Why nothing was written, and what to do about it. */
function Refusal({ problem, again }: { problem: Problem; again: () => void }) {
  if (isConflict(problem)) {
    return (
      <Notice tone="doubt" title={FINDING.conflictTitle} urgent>
        <p>{problem.message}</p>
        <p>
          <Button onClick={again}>{FINDING.again}</Button>
        </p>
      </Notice>
    )
  }
  if (isObserved(problem)) {
    return (
      <Notice tone="doubt" title={FINDING.observeTitle} urgent>
        <p>{problem.message}</p>
        <p>
          <Link href="/settings/policy">{FINDING.observe}</Link>
        </p>
      </Notice>
    )
  }
  return <Failure error={problem} retry={again} />
}
