import { useState } from 'react'
import { client } from '../../api/client.ts'
import type { Problem } from '../../api/problem.ts'
import { start } from '../../api/session.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Buttons, Dialog } from '../../components/Dialog.tsx'
import { Checkbox, Select, TextField } from '../../components/Field.tsx'
import { Form, FormFailure } from '../../components/Form.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useMe } from '../../hooks/useMe.ts'
import { PASSWORD_HINT, refusePassword } from '../account/passwords.ts'
import { ROLE_OPTIONS, type Role, USERS } from './texts.ts'

type User = Schema<'UserView'>

const say = USERS.form

/** Adds a user, or changes one's name, role, and whether they may log in. */
export function UserDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  const me = useMe()
  const invalidate = useInvalidate()
  const [role, setRole] = useState<Role>(user?.role ?? 'requester')
  const [refused, setRefused] = useState<Problem | null>(null)
  const { busy, problem, act } = useAction(async (name: string, password: string, enabled: boolean) => {
    if (user) {
      const body = { name, role, disabled: !enabled }
      await client.PATCH('/api/v1/users/{user_id}', { params: { path: { user_id: user.id } }, body })
      toast(USERS.saved(name))
    } else {
      await client.POST('/api/v1/users', { body: { name, password, role } })
      toast(USERS.added(name))
    }
    await invalidate('/api/v1/users')
    onClose()
    if (user && user.id === me?.id) {
      // One's own name or role is all over the frame.
      await start()
    }
  })
  function submit(entered: FormData): void {
    const name = String(entered.get('name'))
    const password = String(entered.get('password'))
    const wrong = user ? null : refusePassword({ name, password })
    setRefused(wrong)
    if (wrong === null) {
      act(name, password, user?.id === me?.id || entered.has('enabled'))
    }
  }
  const shown = refused ?? problem
  return (
    <Dialog title={user ? USERS.editOf(user.name) : USERS.add} onClose={onClose} firm>
      <Form label={user ? USERS.editOf(user.name) : USERS.add} problem={shown} onSubmit={submit}>
        <TextField
          label={say.name}
          name="name"
          defaultValue={user?.name}
          error={shown?.fields.get('name')}
          autoComplete="off"
          autoCapitalize="none"
          maxLength={64}
          required
        />
        {user ? null : (
          <TextField
            label={say.password}
            hint={PASSWORD_HINT}
            name="password"
            type="password"
            error={shown?.fields.get('password')}
            autoComplete="new-password"
            required
          />
        )}
        <Select label={say.role} value={role} options={ROLE_OPTIONS} onChange={setRole} />
        {user && user.id !== me?.id ? (
          <Checkbox
            label={say.enabled}
            hint={say.enabledHint}
            name="enabled"
            defaultChecked={!user.disabled}
          />
        ) : null}
        <FormFailure problem={shown} fields={['name', 'password']} />
        <Buttons>
          <Button onClick={onClose}>{say.cancel}</Button>
          <Button type="submit" tone="primary" busy={busy}>
            {user ? say.save : say.add}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}

/** Sets the password of somebody else, who may have forgotten it. */
export function NewPasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const invalidate = useInvalidate()
  const [refused, setRefused] = useState<Problem | null>(null)
  const { busy, problem, act } = useAction(async (password: string) => {
    await client.PATCH('/api/v1/users/{user_id}', {
      params: { path: { user_id: user.id } },
      body: { password },
    })
    toast(USERS.passwordSet(user.name))
    await invalidate('/api/v1/users')
    onClose()
  })
  function submit(entered: FormData): void {
    const password = String(entered.get('password'))
    const wrong = refusePassword({ name: user.name, password })
    setRefused(wrong)
    if (wrong === null) {
      act(password)
    }
  }
  const shown = refused ?? problem
  return (
    <Dialog title={USERS.passwordOf(user.name)} onClose={onClose} firm>
      <p>{say.endsLogins}</p>
      <Form label={USERS.passwordOf(user.name)} problem={shown} onSubmit={submit}>
        <TextField
          label={say.newPassword}
          hint={PASSWORD_HINT}
          name="password"
          type="password"
          error={shown?.fields.get('password')}
          autoComplete="new-password"
          required
        />
        <FormFailure problem={shown} fields={['password']} />
        <Buttons>
          <Button onClick={onClose}>{say.cancel}</Button>
          <Button type="submit" tone="primary" busy={busy}>
            {say.set}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
