import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import { asProblem, type Problem } from '../../api/problem.ts'
import { logIn } from '../../api/session.ts'
import logo from '../../assets/logo.svg'
import { Button } from '../../components/Button.tsx'
import { TextField } from '../../components/Field.tsx'
import { Failure, Notice } from '../../components/Notice.tsx'
import FirstUser from '../setup/FirstUser.tsx'
import css from './LoginPage.module.css'

/**
 * Asks who it is, in place of whatever page was wanted, which comes after it. Where nobody has an account yet, the
 * first is made here.
 */
export default function LoginPage({ ended }: { ended: boolean }) {
  const setup = useQuery(api.queryOptions('get', '/auth/setup'))
  if (setup.data?.done === false) {
    return <FirstUser />
  }
  return (
    <section className={css['login']} aria-labelledby="login-title">
      <title>Log in · AutoArr</title>
      <div className={css['brand']}>
        <img src={logo} alt="" width="48" height="48" />
        <h1 id="login-title">Log in to AutoArr</h1>
      </div>
      {ended ? (
        <Notice tone="doubt" title="Your login has ended" urgent>
          <p>Log in again; the page you were on comes back.</p>
        </Notice>
      ) : null}
      {setup.error ? <Failure error={setup.error} retry={() => void setup.refetch()} /> : null}
      <LoginForm />
      <p className={css['status']}>
        <Link href="/status">Server status</Link>
      </p>
    </section>
  )
}

function LoginForm() {
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  async function submit(form: FormData): Promise<void> {
    setBusy(true)
    setProblem(null)
    try {
      await logIn(String(form.get('name')), String(form.get('password')))
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className={css['form']}
      onSubmit={(event) => {
        event.preventDefault()
        void submit(new FormData(event.currentTarget))
      }}
    >
      <TextField label="Name" name="name" autoComplete="username" autoCapitalize="none" required />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
      {problem ? <Failure error={problem} /> : null}
      <Button type="submit" tone="primary" busy={busy}>
        Log in
      </Button>
    </form>
  )
}
