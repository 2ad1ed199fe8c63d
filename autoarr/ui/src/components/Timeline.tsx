import type { ReactNode } from 'react'
import type { Tone } from './Badge.tsx'
import { Moment } from './Time.tsx'
import css from './Timeline.module.css'

export interface Step {
  at: string
  name: string
  tone: Tone
  content: ReactNode
}

/** What happened, in order. */
export function Timeline({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className={css['timeline']}>
      {steps.map(({ at, name, tone, content }, number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
        <li key={number} className={`${css['step']} ${css[tone] ?? ''}`}>
          <div className={css['head']}>
            <span className={css['name']}>{name}</span>
            <span className={css['at']}>
              <Moment at={at} />
            </span>
          </div>
          {content}
        </li>
      ))}
    </ol>
  )
}
