import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { ButtonLink } from '../../components/Button.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Page } from '../../components/Panel.tsx'
import { AuditStep } from './AuditStep.tsx'
import { DoneStep } from './DoneStep.tsx'
import { isStep, type SetupProgress, stepAfter, useSetupProgress } from './progress.ts'
import { ServiceStep } from './ServiceStep.tsx'
import css from './Setup.module.css'
import { StepList } from './StepList.tsx'
import { SETUP } from './texts.ts'

/** Leads through what makes AutoArr useful. Where one is, is in the address; what is done, the server knows. */
export default function SetupPage() {
  const { progress, error, refetch } = useSetupProgress()
  return (
    <Page
      title={SETUP.title}
      actions={<ButtonLink href="/">{progress?.complete ? SETUP.leaveDone : SETUP.leave}</ButtonLink>}
    >
      <p>{SETUP.intro}</p>
      <Loaded query={{ data: progress, error, refetch }} lines={10}>
        {(known) => <Steps progress={known} />}
      </Loaded>
    </Page>
  )
}

function Steps({ progress }: { progress: SetupProgress }) {
  const [search, setSearch] = useSearchParams()
  // Where to go on when one came: what is done meanwhile takes nobody away from what they look at.
  const [begun] = useState(progress.next)
  const asked = search.get('step')
  const step = isStep(asked) ? asked : begun
  const goOn = () => setSearch({ step: stepAfter(step, progress) })
  return (
    <div className={css['setup']}>
      <StepList progress={progress} step={step} />
      {step === 'audit' ? (
        <AuditStep progress={progress} goOn={goOn} />
      ) : step === 'done' ? (
        <DoneStep progress={progress} />
      ) : (
        <ServiceStep key={step} kind={step} progress={progress} goOn={goOn} />
      )}
    </div>
  )
}
