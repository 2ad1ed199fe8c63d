import type { ComponentProps, ReactNode } from 'react'
import { Link } from 'wouter'
import css from './Button.module.css'

interface Look {
  /** `primary` is the one thing a page is for; `danger` can't be undone, or is costly to. */
  tone?: 'primary' | 'plain' | 'quiet' | 'danger'
  small?: boolean
}

function look({ tone = 'plain', small = false }: Look): string {
  return `${css['button']} ${css[tone]} ${small ? css['small'] : ''}`
}

interface Props extends Look, Omit<ComponentProps<'button'>, 'className'> {
  /** Work is going on: it can't be pressed, and says so. */
  busy?: boolean
}

export function Button({ tone, small, busy = false, type = 'button', onClick, children, ...rest }: Props) {
  const props = { ...(tone && { tone }), ...(small && { small }) }
  return (
    <button
      {...rest}
      type={type}
      className={look(props)}
      aria-busy={busy}
      // Not `disabled`, which would lose the focus of who has just pressed it.
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy ? <span className={css['spinner']} aria-hidden="true" /> : null}
      {children}
    </button>
  )
}

/** Looks like a button, and leads somewhere. */
export function ButtonLink({ href, children, ...style }: Look & { href: string; children: ReactNode }) {
  return (
    <Link href={href} className={look(style)}>
      {children}
    </Link>
  )
}
