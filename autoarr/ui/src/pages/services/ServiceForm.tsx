import { useState } from 'react'
import { client } from '../../api/client.ts'
import type { Schema, ServiceKind } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Checkbox, Select, TextField } from '../../components/Field.tsx'
import { Form, FormButtons, FormFailure } from '../../components/Form.tsx'
import { Outcome } from '../../components/Outcome.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { AddressDetails } from './AddressDetails.tsx'
import { asAddress, asNew, asPatch, type Draft, draftOf, emptyDraft, freeName, wayToTest } from './draft.ts'
import { KIND_HELP, KIND_NAMES, TEXTS } from './texts.ts'

type Service = Schema<'ServiceView'>

interface Props {
  /** What is to be changed; null to add one. */
  service: Service | null
  /** The only kind that can be added; else it is chosen. */
  kind?: ServiceKind
  /** The names that other services have. */
  taken: readonly string[]
  /** Called when it is saved. */
  onDone: (service: Service) => void
  onCancel?: () => void
}

const KINDS = Object.entries(KIND_NAMES) as [ServiceKind, string][]
const SHOWN = ['name', 'url', 'api_key', 'tls_ca']
const say = TEXTS.form

/** Adds or changes a service; one that is added is tested first. */
export function ServiceForm({ service, kind, taken, onDone, onCancel }: Props) {
  const first = kind ?? 'sonarr'
  const [draft, setDraft] = useState<Draft>(
    service ? draftOf(service) : emptyDraft(first, freeName(KIND_NAMES[first], taken)),
  )
  const [tested, setTested] = useState<Schema<'TestResult'> | null>(null)
  const invalidate = useInvalidate()
  const way = wayToTest(draft, service)
  const help = KIND_HELP[draft.kind]

  function change(changed: Partial<Draft>): void {
    setDraft((old) => ({ ...old, ...changed }))
    setTested(null)
  }

  async function test(): Promise<boolean> {
    const { data } =
      way === 'saved' && service
        ? await client.POST('/api/v1/services/{service_id}/test', {
            params: { path: { service_id: service.id } },
          })
        : await client.POST('/api/v1/services/test', { body: asAddress(draft) })
    setTested(data ?? null)
    return data?.ok === true
  }

  async function save(untested: boolean): Promise<void> {
    let saved: Service | undefined
    if (service) {
      const params = { path: { service_id: service.id } }
      saved = (await client.PATCH('/api/v1/services/{service_id}', { params, body: asPatch(draft, service) }))
        .data
    } else {
      if (!(untested || (await test()))) {
        return
      }
      saved = (await client.POST('/api/v1/services', { body: asNew(draft) })).data
    }
    if (saved) {
      toast((service ? say.saved : untested ? say.addedAnyway : say.added)(saved.name))
      onDone(saved)
      await invalidate('/api/v1/services', '/api/v1/dashboard')
    }
  }

  const saving = useAction(save)
  const testing = useAction(async () => {
    await test()
  })
  const problem = saving.problem ?? testing.problem
  const busy = saving.busy || testing.busy
  const name = KIND_NAMES[draft.kind]
  return (
    <Form
      label={service ? TEXTS.editOf(service.name) : TEXTS.add}
      problem={problem}
      onSubmit={() => {
        testing.forget()
        saving.act(false)
      }}
    >
      {service || kind ? null : (
        <Select
          label={say.kind}
          value={draft.kind}
          options={KINDS}
          onChange={(chosen) => change({ kind: chosen, name: freeName(KIND_NAMES[chosen], taken) })}
        />
      )}
      <TextField
        label={say.url}
        hint={say.urlHint(help.address)}
        error={problem?.fields.get('url')}
        type="url"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        required
        value={draft.url}
        onChange={(event) => change({ url: event.target.value })}
      />
      <TextField
        label={help.keyName}
        hint={service?.api_key_set ? say.keyKept : help.key}
        error={problem?.fields.get('api_key')}
        type="password"
        autoComplete="off"
        spellCheck={false}
        required={service === null}
        value={draft.key}
        onChange={(event) => change({ key: event.target.value })}
      />
      <TextField
        label={say.name}
        hint={say.nameHint}
        error={problem?.fields.get('name')}
        required
        maxLength={64}
        autoComplete="off"
        value={draft.name}
        onChange={(event) => change({ name: event.target.value })}
      />
      <AddressDetails draft={draft} change={change} caError={problem?.fields.get('tls_ca')} />
      {service ? (
        <Checkbox
          label={say.enabled}
          hint={say.enabledHint}
          checked={draft.enabled}
          onChange={(event) => change({ enabled: event.target.checked })}
        />
      ) : null}
      <FormFailure problem={problem} fields={SHOWN} />
      {tested ? (
        <Outcome tested={tested} good={say.passed}>
          {tested.ok || service ? null : (
            <FormButtons>
              <Button small busy={busy} onClick={() => saving.act(true)}>
                {say.anyway}
              </Button>
              <span>{say.anywayHint}</span>
            </FormButtons>
          )}
        </Outcome>
      ) : null}
      <FormButtons>
        <Button type="submit" tone="primary" busy={saving.busy} disabled={busy}>
          {service ? say.save : say.create(name)}
        </Button>
        {service ? (
          <Button
            busy={testing.busy}
            disabled={busy || way === 'needs_key'}
            onClick={() => {
              saving.forget()
              testing.act()
            }}
          >
            {say.test}
          </Button>
        ) : null}
        {onCancel ? <Button onClick={onCancel}>{say.cancel}</Button> : null}
      </FormButtons>
      {service && way === 'needs_key' ? <p>{say.testNeedsKey}</p> : null}
    </Form>
  )
}
