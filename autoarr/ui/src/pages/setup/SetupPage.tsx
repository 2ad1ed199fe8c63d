import { useSearchParams } from 'wouter'
import { ButtonLink } from '../../components/Button.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Page } from '../../components/Panel.tsx'
import { AuditStep } from './AuditStep.tsx'
import { DoneStep } from './DoneStep.tsx'
import { isStep, type Step, stepAfter, useSetupProgress } from './progress.ts'
import { ServiceStep } from './ServiceStep.tsx'
import css from './Setup.module.css'
import { StepList } from './StepList.tsx'
import { SETUP } from './texts.ts'

/** Leads through what makes AutoArr useful. Where one is, is in the address; what is done, the server knows. */
export default function SetupPage() {
  const { progress, error, refetch } = useSetupProgress()
  const [search, setSearch] = useSearchParams()
  const asked = search.get('step')
  const go = (step: Step) => setSearch({ step })
  return (
    <Page
      title={SETUP.title}
      actions={<ButtonLink href="/">{progress?.complete ? SETUP.leaveDone : SETUP.leave}</ButtonLink>}
    >
      <p>{SETUP.intro}</p>
      <Loaded query={{ data: progress, error, refetch }} lines={10}>
        {(known) => {
          const step = isStep(asked) ? asked : known.next
          const goOn = () => go(stepAfter(step, known))
          return (
            <div className={css['setup']}>
              <StepList progress={known} step={step} />
              {step === 'audit' ? (
                <AuditStep progress={known} goOn={goOn} />
              ) : step === 'done' ? (
                <DoneStep progress={known} />
              ) : (
                <ServiceStep key={step} kind={step} progress={known} goOn={goOn} />
              )}
            </div>
          )
        }}
      </Loaded>
    </Page>
  )
}
