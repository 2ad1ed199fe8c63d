import type { Schema } from '../../api/types.ts'
import { Badge, type Tone } from '../../components/Badge.tsx'
import { Ago } from '../../components/Time.tsx'
import css from './Dashboard.module.css'
import { STATE, TEXTS } from './texts.ts'

type Block = Schema<'Block'>

const TONE: Readonly<Record<Block['state'], Tone>> = { fresh: 'good', stale: 'doubt', unknown: 'bad' }

/** How much a part of the dashboard is worth, and from when it is. */
export function State({ state, at }: { state: Block['state']; at: string | null | undefined }) {
  return (
    <span className={css['state']}>
      <Badge tone={TONE[state]}>{STATE[state]}</Badge>
      <span className={css['age']}>{at ? <Ago at={at} /> : TEXTS.never}</span>
    </span>
  )
}
