import { useState } from 'react'
import { client } from '../../api/client.ts'
import { Button } from '../../components/Button.tsx'
import { CopyText } from '../../components/CopyText.tsx'
import { Buttons, Dialog } from '../../components/Dialog.tsx'
import { Select, TextField } from '../../components/Field.tsx'
import { Form, FormFailure } from '../../components/Form.tsx'
import { Notice } from '../../components/Notice.tsx'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useMe } from '../../hooks/useMe.ts'
import { ROLE_OPTIONS, type Role, TOKENS } from './texts.ts'

type Lifetime = (typeof TOKENS.lifetimes)[number][0]

const say = TOKENS.form

/** Makes an API token and shows it, once. */
export function TokenDialog({
  onMade,
  onClose,
}: {
  /** Called with the token when it is made. */
  onMade?: (token: string) => void
  onClose: () => void
}) {
  const me = useMe()
  const invalidate = useInvalidate()
  const [role, setRole] = useState<Role>('requester')
  const [lifetime, setLifetime] = useState<Lifetime>('365')
  const [token, setToken] = useState<string | null>(null)
  const { busy, problem, act } = useAction(async (name: string) => {
    const body = { name, role, expires_in_days: lifetime === '' ? null : Number(lifetime) }
    const { data } = await client.POST('/api/v1/tokens', { body })
    if (data) {
      setToken(data.token)
      onMade?.(data.token)
    }
    await invalidate('/api/v1/tokens')
  })
  if (token !== null) {
    return (
      <Dialog key="made" title={TOKENS.made.title} onClose={onClose} firm>
        <Notice tone="doubt" title={TOKENS.made.once} urgent />
        <CopyText label={TOKENS.made.label} text={token} wrap />
        <Buttons>
          <Button tone="primary" onClick={onClose}>
            {TOKENS.made.done}
          </Button>
        </Buttons>
      </Dialog>
    )
  }
  const roles = ROLE_OPTIONS.filter(([one]) => me?.role === 'admin' || one === 'requester')
  return (
    <Dialog key="make" title={say.title} onClose={onClose} firm>
      <Form label={say.title} problem={problem} onSubmit={(entered) => act(String(entered.get('name')))}>
        <TextField
          label={say.name}
          hint={say.nameHint}
          name="name"
          error={problem?.fields.get('name')}
          autoComplete="off"
          maxLength={64}
          required
        />
        <Select label={say.role} value={role} options={roles} onChange={setRole} />
        <Select label={say.expires} value={lifetime} options={TOKENS.lifetimes} onChange={setLifetime} />
        <FormFailure problem={problem} fields={['name']} />
        <Buttons>
          <Button onClick={onClose}>{say.cancel}</Button>
          <Button type="submit" tone="primary" busy={busy}>
            {say.make}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
