import { type ReactNode, useEffect, useId, useRef } from 'react'
import css from './Setup.module.css'

/** The step one is at. Its heading has the focus when it comes, so that the keyboard goes on from there. */
export function StepPanel({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <section className={css['panel']} aria-labelledby={id}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </section>
  )
}
