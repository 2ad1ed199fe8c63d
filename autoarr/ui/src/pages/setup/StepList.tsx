import { Link } from 'wouter'
import { KIND_NAMES } from '../services/texts.ts'
import { KINDS, type SetupProgress, type Step } from './progress.ts'
import css from './Setup.module.css'
import { SETUP } from './texts.ts'

interface Props {
  progress: SetupProgress
  /** Where one is. */
  step: Step
}

/** All steps: which are done, and where one is; each can be gone to. */
export function StepList({ progress, step }: Props) {
  const connected = KINDS.filter((kind) => progress.services[kind].length > 0)
  return (
    <nav aria-label={SETUP.steps} className={css['steps']}>
      <ol>
        <li>
          <p className={css['part']}>
            {SETUP.services} <small>{SETUP.servicesCount(connected.length, KINDS.length)}</small>
          </p>
          <ol>
            {KINDS.map((kind) => (
              <Entry
                key={kind}
                step={kind}
                name={KIND_NAMES[kind]}
                done={connected.includes(kind)}
                open={SETUP.marks.skipped}
                at={step}
              />
            ))}
          </ol>
        </li>
        <Entry
          step="audit"
          name={SETUP.audit}
          done={progress.audit?.state === 'finished'}
          open={SETUP.marks.open}
          at={step}
        />
        <Entry step="done" name={SETUP.done} done={progress.complete} open={SETUP.marks.open} at={step} />
      </ol>
    </nav>
  )
}

interface EntryProps {
  step: Step
  name: string
  done: boolean
  /** What it says while it isn't done. */
  open: string
  at: Step
}

function Entry({ step, name, done, open, at }: EntryProps) {
  return (
    <li>
      <Link
        href={`/setup?step=${step}`}
        className={css['step'] ?? ''}
        aria-current={step === at ? 'step' : undefined}
      >
        <svg className={css['mark']} viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="9" />
          {done ? <path d="m8 12 3 3 5-6" /> : null}
        </svg>
        {name}
        {done ? (
          <span className="visually-hidden">{SETUP.marks.done}</span>
        ) : (
          <span className={css['open']}>{open}</span>
        )}
      </Link>
    </li>
  )
}
