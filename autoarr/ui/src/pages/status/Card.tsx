import { type ReactNode, useId } from 'react'
import { freshness, type Observation } from './observation.ts'
import { StaleBadge } from './StaleBadge.tsx'

interface Props {
  title: string
  /** Where the card's values come from. */
  observation: Observation<unknown>
  now: number
  children: ReactNode
}

/** Values under a heading, marked when they are stale. */
export function Card({ title, observation, now, children }: Props) {
  const id = useId()
  const stale = freshness(observation, now) === 'stale'
  return (
    <section className={stale ? 'card stale' : 'card'} aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        <StaleBadge observation={observation} now={now} />
      </div>
      {children}
    </section>
  )
}
