import type { ReactNode } from 'react'
import css from './Badge.module.css'

export type Tone = 'good' | 'bad' | 'doubt' | 'rest' | 'accent'

/** A short state; its words say what its colour does. */
export function Badge({ tone = 'rest', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${css['badge']} ${css[tone]}`}>{children}</span>
}
