import { type ReactNode, useEffect, useId, useRef } from 'react'
import css from './Setup.module.css'

/**
 * The step one is at. Its heading has the focus when it comes, and when a new phase of it has taken away what had it,
 * so that the keyboard goes on from there.
 */
export function StepPanel({
  title,
  phase,
  children,
}: {
  title: string
  phase?: string
  children: ReactNode
}) {
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what had the focus may have gone with the phase before
  useEffect(() => {
    if (document.activeElement === document.body) {
      heading.current?.focus({ preventScroll: true })
    }
  }, [phase])
  return (
    <section className={css['panel']} aria-labelledby={id}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </section>
  )
}
