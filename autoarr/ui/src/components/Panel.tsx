import { type ReactNode, useId } from 'react'
import css from './Panel.module.css'

interface Props {
  title: string
  /** Beside the title: a badge, an age, a button. */
  aside?: ReactNode
  children: ReactNode
}

/** A part of a page under a heading. */
export function Panel({ title, aside, children }: Props) {
  const id = useId()
  return (
    <section className={css['panel']} aria-labelledby={id}>
      <div className={css['head']}>
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** A page's name, what can be done on it, and its content. */
export function Page({
  title,
  actions,
  children,
}: {
  title: string
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <>
      <title>{`${title} · AutoArr`}</title>
      <div className={css['pageHead']}>
        <h1>{title}</h1>
        {actions ? <div className={css['actions']}>{actions}</div> : null}
      </div>
      {children}
    </>
  )
}
