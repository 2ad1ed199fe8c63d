import { useState } from 'react'
import { client } from '../../api/client.ts'
import { asProblem, Problem } from '../../api/problem.ts'
import { Button } from '../../components/Button.tsx'
import { TextField } from '../../components/Field.tsx'
import { Form, FormButtons, FormFailure } from '../../components/Form.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { PASSWORD_HINT, refusePassword } from './passwords.ts'
import { ACCOUNT } from './texts.ts'

const say = ACCOUNT.password

/** Changes one's own password. */
export function PasswordForm({ name }: { name: string }) {
  const invalidate = useInvalidate()
  const [refused, setRefused] = useState<Problem | null>(null)
  // Another key empties the fields.
  const [changes, setChanges] = useState(0)
  const { busy, problem, act } = useAction(async (old: string, password: string) => {
    try {
      const { data } = await client.POST('/auth/password', { body: { old, new: password } })
      toast(say.done(data?.sessions ?? 0))
    } catch (error) {
      if (asProblem(error).status === 403) {
        throw new Problem(403, say.wrong, say.wrong, { fields: new Map([['old', say.wrong]]) })
      }
      throw error
    }
    setChanges((count) => count + 1)
    await invalidate('/auth/sessions')
  })
  function submit(entered: FormData): void {
    const password = String(entered.get('new'))
    const repeat = String(entered.get('repeat'))
    const wrong = refusePassword({ name, password, repeat, field: 'new' })
    setRefused(wrong)
    if (wrong === null) {
      act(String(entered.get('old')), password)
    }
  }
  const shown = refused ?? problem
  return (
    <Form key={changes} label={say.title} narrow problem={shown} onSubmit={submit}>
      {/* Tells password managers whose it is. */}
      <input type="text" name="name" value={name} autoComplete="username" readOnly hidden />
      <TextField
        label={say.old}
        name="old"
        type="password"
        error={shown?.fields.get('old')}
        autoComplete="current-password"
        required
      />
      <TextField
        label={say.new}
        hint={PASSWORD_HINT}
        name="new"
        type="password"
        error={shown?.fields.get('new')}
        autoComplete="new-password"
        required
      />
      <TextField
        label={say.repeat}
        name="repeat"
        type="password"
        error={shown?.fields.get('repeat')}
        autoComplete="new-password"
        required
      />
      <FormFailure problem={shown} fields={['old', 'new', 'repeat']} />
      <FormButtons>
        <Button type="submit" tone="primary" busy={busy}>
          {say.submit}
        </Button>
        <span>{say.ends}</span>
      </FormButtons>
    </Form>
  )
}
