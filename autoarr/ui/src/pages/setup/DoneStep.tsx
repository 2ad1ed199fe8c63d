import { Link } from 'wouter'
import { Notice } from '../../components/Notice.tsx'
import type { SetupProgress } from './progress.ts'
import css from './Setup.module.css'
import { StepPanel } from './StepPanel.tsx'
import { DONE, SETUP } from './texts.ts'

/** Where to go from here. */
export function DoneStep({ progress }: { progress: SetupProgress }) {
  return (
    <StepPanel title={SETUP.done}>
      {progress.complete ? <p>{DONE.intro}</p> : <Notice tone="doubt" title={DONE.open} />}
      <ul className={css['links']}>
        {DONE.links.map(({ href, name, what }) => (
          <li key={href}>
            <Link href={href}>{name}</Link>
            <p>{what}</p>
          </li>
        ))}
      </ul>
    </StepPanel>
  )
}
