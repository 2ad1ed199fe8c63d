import type { ReactNode } from 'react'
import { asProblem } from '../api/problem.ts'
import { Button } from './Button.tsx'
import css from './Notice.module.css'

interface Props {
  tone?: 'bad' | 'doubt' | 'rest' | 'good'
  title: string
  /** Read out at once when it appears. */
  urgent?: boolean
  children?: ReactNode
}

/** Something to know, and what to do about it. */
export function Notice({ tone = 'rest', title, urgent = false, children }: Props) {
  return (
    <div className={`${css['notice']} ${css[tone]}`} role={urgent ? 'alert' : undefined}>
      <p className={css['title']}>{title}</p>
      {children}
    </div>
  )
}

/** What went wrong, from anything thrown; `retry` is offered where there is one. */
export function Failure({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const problem = asProblem(error)
  return (
    <Notice tone="bad" title={problem.title} urgent>
      <p>{problem.message}</p>
      {problem.fields.size > 0 ? (
        <ul>
          {[...problem.fields].map(([field, message]) => (
            <li key={field}>
              {field}: {message}
            </li>
          ))}
        </ul>
      ) : null}
      {retry ? (
        <p>
          <Button small onClick={retry}>
            Try again
          </Button>
        </p>
      ) : null}
    </Notice>
  )
}

/** What a list says that has nothing to list. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css['empty']}>
      <p className={css['title']}>{title}</p>
      {children}
    </div>
  )
}

/** Room for what is on its way; `lines` is about how tall it will be. */
export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div className={css['loading']} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no other identity
        <div key={line} />
      ))}
    </div>
  )
}
