import { useState } from 'react'
import { Link } from 'wouter'
import type { ServiceKind } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { FormButtons } from '../../components/Form.tsx'
import { ServiceForm } from '../services/ServiceForm.tsx'
import { KIND_NAMES } from '../services/texts.ts'
import { KINDS, type SetupProgress } from './progress.ts'
import css from './Setup.module.css'
import { StepPanel } from './StepPanel.tsx'
import { SETUP } from './texts.ts'

interface Props {
  kind: ServiceKind
  progress: SetupProgress
  goOn: () => void
}

/** Connects a service of one kind; or tells of those that are. */
export function ServiceStep({ kind, progress, goOn }: Props) {
  const name = KIND_NAMES[kind]
  const there = progress.services[kind]
  // Not whether there is one now: the form stays while what it has added appears.
  const [adding, setAdding] = useState(there.length === 0)
  const taken = KINDS.flatMap((one) => progress.services[one].map((service) => service.name))
  if (!adding) {
    return (
      <StepPanel key="there" title={SETUP.connected(name)}>
        <ul className={css['there']}>
          {there.map((service) => (
            <li key={service.id}>
              <strong>{service.name}</strong> <span>{service.url}</span>{' '}
              <span>{service.enabled ? service.version : SETUP.enabledNot}</span>
            </li>
          ))}
        </ul>
        <p>
          <Link href="/services">{SETUP.change}</Link>
        </p>
        <FormButtons>
          <Button tone="primary" onClick={goOn}>
            {SETUP.goOn}
          </Button>
          <Button onClick={() => setAdding(true)}>{SETUP.another(name)}</Button>
        </FormButtons>
      </StepPanel>
    )
  }
  return (
    <StepPanel key="form" title={SETUP.connect(name)}>
      <p>{SETUP.why[kind]}</p>
      <ServiceForm service={null} kind={kind} taken={taken} onDone={goOn} />
      <FormButtons>
        <Button tone="quiet" onClick={goOn}>
          {SETUP.skip(name)}
        </Button>
        <span className={css['hint']}>{SETUP.skipHint}</span>
      </FormButtons>
    </StepPanel>
  )
}
