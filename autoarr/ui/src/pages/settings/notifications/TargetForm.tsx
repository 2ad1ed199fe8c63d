import { useState } from 'react'
import { client } from '../../../api/client.ts'
import { Problem } from '../../../api/problem.ts'
import type { Schema } from '../../../api/types.ts'
import { Button } from '../../../components/Button.tsx'
import { Choice } from '../../../components/Choice.tsx'
import { Buttons, Dialog } from '../../../components/Dialog.tsx'
import { Checkbox, Select, TextField } from '../../../components/Field.tsx'
import { Form, FormFailure, Group } from '../../../components/Form.tsx'
import { toast } from '../../../components/toast.ts'
import { useAction } from '../../../hooks/useAction.ts'
import { useInvalidate } from '../../../hooks/useInvalidate.ts'
import { asNew, asPatch, type Draft, draftOf, withEvent } from './draft.ts'
import { EVENTS, NOTIFICATIONS, TARGET_HELP, TARGET_KINDS } from './texts.ts'

const say = NOTIFICATIONS.form
const SHOWN = ['name', 'url', 'secret']

/** Adds or changes a receiver. Its address and secret can be given, and never be seen again. */
export function TargetForm({
  target,
  onClose,
}: {
  target: Schema<'TargetView'> | null
  onClose: () => void
}) {
  const invalidate = useInvalidate()
  const [draft, setDraft] = useState<Draft>(() => draftOf(target))
  const [refused, setRefused] = useState<Problem | null>(null)
  const change = (next: Partial<Draft>) => setDraft((old) => ({ ...old, ...next }))
  const help = TARGET_HELP[draft.kind]
  const saving = useAction(async () => {
    if (target) {
      await client.PATCH('/api/v1/notifications/targets/{target_id}', {
        params: { path: { target_id: target.id } },
        body: asPatch(draft),
      })
    } else {
      await client.POST('/api/v1/notifications/targets', { body: asNew(draft) })
    }
    toast((target ? NOTIFICATIONS.saved : NOTIFICATIONS.added)(draft.name.trim()))
    await invalidate('/api/v1/notifications')
    onClose()
  })
  const problem = refused ?? saving.problem
  const title = target ? NOTIFICATIONS.editOf(target.name) : NOTIFICATIONS.add
  const urlHint = say.urlHint(help.url, help.example)
  function submit(): void {
    const empty = !draft.everything && draft.events.length === 0
    setRefused(empty ? new Problem(422, say.events, say.noneChosen) : null)
    if (!empty) {
      saving.act()
    }
  }
  return (
    <Dialog title={title} onClose={onClose} firm>
      <Form label={title} problem={problem} onSubmit={submit}>
        {target ? null : (
          <Select
            label={say.kind}
            value={draft.kind}
            options={TARGET_KINDS}
            onChange={(kind) => change({ kind })}
          />
        )}
        <TextField
          label={say.name}
          error={problem?.fields.get('name')}
          autoComplete="off"
          maxLength={64}
          required
          value={draft.name}
          onChange={(event) => change({ name: event.target.value })}
        />
        <TextField
          label={say.url}
          hint={target ? (target.place ? say.urlKept(target.place) : say.urlUnreadable) : urlHint}
          error={problem?.fields.get('url')}
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          required={target === null || target.place === null}
          value={draft.url}
          onChange={(event) => change({ url: event.target.value })}
        />
        {help.secret === null ? null : (
          <TextField
            label={help.secret}
            hint={target?.secret_set ? say.secretKept : help.secretHint}
            error={problem?.fields.get('secret')}
            type="password"
            autoComplete="off"
            required={help.secretNeeded && !target?.secret_set}
            value={draft.secret}
            onChange={(event) => change({ secret: event.target.value })}
          />
        )}
        <Choice
          legend={say.events}
          value={draft.everything ? 'all' : 'chosen'}
          options={[say.all, say.chosen]}
          onChange={(chosen) => change({ everything: chosen === 'all' })}
        />
        {draft.everything ? null : (
          <Group legend={say.events}>
            {EVENTS.map(([kind, name]) => (
              <Checkbox
                key={kind}
                label={name}
                checked={draft.events.includes(kind)}
                onChange={(event) => change({ events: withEvent(draft.events, kind, event.target.checked) })}
              />
            ))}
          </Group>
        )}
        <Checkbox
          label={say.enabled}
          hint={say.enabledHint}
          checked={draft.enabled}
          onChange={(event) => change({ enabled: event.target.checked })}
        />
        <FormFailure problem={problem} fields={SHOWN} />
        <Buttons>
          <Button onClick={onClose}>{say.cancel}</Button>
          <Button type="submit" tone="primary" busy={saving.busy}>
            {target ? say.save : say.add}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
