import { useState } from 'react'
import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { FormButtons } from '../../components/Form.tsx'
import { Failure } from '../../components/Notice.tsx'
import { Outcome } from '../../components/Outcome.tsx'
import { asSentence } from '../../components/sentence.ts'
import { Ago } from '../../components/Time.tsx'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import css from './Services.module.css'
import { stateOf } from './state.ts'
import { KIND_NAMES, TEXTS } from './texts.ts'

interface Props {
  service: Schema<'ServiceView'>
  part: Schema<'ServicePart'> | undefined
  onEdit: () => void
  onRemove: () => void
}

/** A service, how it is, and what can be done with it. */
export function ServiceRow({ service, part, onEdit, onRemove }: Props) {
  const { name, kind, url, version } = service
  const state = stateOf(service, part)
  const invalidate = useInvalidate()
  const [tested, setTested] = useState<Schema<'TestResult'> | null>(null)
  const { busy, problem, act } = useAction(async () => {
    setTested(null)
    const params = { path: { service_id: service.id } }
    setTested((await client.POST('/api/v1/services/{service_id}/test', { params })).data ?? null)
    await invalidate('/api/v1/services')
  })
  return (
    <article className={css['service']}>
      <div className={css['head']}>
        <div className={css['name']}>
          <h2>{name}</h2>
          <Badge tone={state.tone}>{state.text}</Badge>
          {service.tls_insecure ? <Badge tone="doubt">{TEXTS.insecure}</Badge> : null}
        </div>
        <FormButtons>
          <Button small busy={busy} onClick={() => act()} aria-label={TEXTS.testOf(name)}>
            {TEXTS.test}
          </Button>
          <Button small onClick={onEdit} aria-label={TEXTS.editOf(name)}>
            {TEXTS.edit}
          </Button>
          <Button small tone="danger" onClick={onRemove} aria-label={TEXTS.removeOf(name)}>
            {TEXTS.remove}
          </Button>
        </FormButtons>
      </div>
      <p className={css['facts']}>
        <span>{version === null ? KIND_NAMES[kind] : `${KIND_NAMES[kind]} ${version}`}</span>
        <span>{url}</span>
        {state.at ? (
          <span>
            {TEXTS.asked} <Ago at={state.at} />
          </span>
        ) : service.enabled ? (
          <span>{TEXTS.never}</span>
        ) : null}
      </p>
      {state.failure && tested === null ? (
        <p className={css['failure']}>{asSentence(state.failure.detail)}</p>
      ) : null}
      {service.warning ? <p>{service.warning}</p> : null}
      {problem ? <Failure error={problem} /> : null}
      {tested ? <Outcome tested={tested} good={TEXTS.form.passed} /> : null}
    </article>
  )
}
