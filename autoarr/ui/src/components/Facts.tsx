import type { ReactNode } from 'react'
import css from './Facts.module.css'

/** Terms and what they are here; what is null isn't known. */
export function Facts({ facts }: { facts: ReadonlyArray<readonly [term: string, value: ReactNode]> }) {
  return (
    <dl className={css['facts']}>
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value ?? <span className={css['unknown']}>Unknown</span>}</dd>
        </div>
      ))}
    </dl>
  )
}
