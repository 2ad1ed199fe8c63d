import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { client } from '../../api/client.ts'
import { asProblem, type Problem } from '../../api/problem.ts'
import { logIn } from '../../api/session.ts'
import logo from '../../assets/logo.svg'
import { Button } from '../../components/Button.tsx'
import { TextField } from '../../components/Field.tsx'
import { Form, FormFailure } from '../../components/Form.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { PASSWORD_HINT, refusePassword } from '../account/passwords.ts'
import css from './FirstUser.module.css'
import { FIRST_USER as SAY } from './texts.ts'

/** Makes the first account, and goes on to the setup as its owner. */
export default function FirstUser() {
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const [refused, setRefused] = useState<Problem | null>(null)
  const { busy, problem, act } = useAction(async (name: string, password: string) => {
    try {
      await client.POST('/auth/setup', { body: { name, password } })
    } catch (error) {
      if (asProblem(error).status === 403) {
        toast(SAY.done, { tone: 'bad' })
        await queries.invalidateQueries({ queryKey: ['get', '/auth/setup'] })
        return
      }
      throw error
    }
    navigate('/setup', { replace: true })
    try {
      await logIn(name, password)
    } catch (error) {
      // The account is there: its login is asked for in place of this.
      await queries.invalidateQueries({ queryKey: ['get', '/auth/setup'] })
      throw error
    }
  })
  function submit(entered: FormData): void {
    const name = String(entered.get('name'))
    const password = String(entered.get('password'))
    const repeat = String(entered.get('repeat'))
    const wrong = refusePassword({ name, password, repeat })
    setRefused(wrong)
    if (wrong === null) {
      act(name, password)
    }
  }
  const shown = refused ?? problem
  const fields = shown?.fields
  return (
    <section className={css['first']} aria-labelledby="first-title">
      <title>{`${SAY.title} · AutoArr`}</title>
      <div className={css['brand']}>
        <img src={logo} alt="" width="48" height="48" />
        <h1 id="first-title">{SAY.title}</h1>
      </div>
      <p>{SAY.intro}</p>
      <div className={css['card']}>
        <Form label={SAY.form} problem={shown} onSubmit={submit}>
          <TextField
            label={SAY.name}
            name="name"
            error={fields?.get('name')}
            autoComplete="username"
            autoCapitalize="none"
            maxLength={64}
            required
          />
          <TextField
            label={SAY.password}
            hint={PASSWORD_HINT}
            name="password"
            type="password"
            error={fields?.get('password')}
            autoComplete="new-password"
            required
          />
          <TextField
            label={SAY.repeat}
            name="repeat"
            type="password"
            error={fields?.get('repeat')}
            autoComplete="new-password"
            required
          />
          <FormFailure problem={shown} fields={['name', 'password', 'repeat']} />
          <Button type="submit" tone="primary" busy={busy}>
            {SAY.submit}
          </Button>
        </Form>
      </div>
    </section>
  )
}
