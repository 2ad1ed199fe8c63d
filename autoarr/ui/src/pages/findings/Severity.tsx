import type { Schema } from '../../api/types.ts'
import css from './Severity.module.css'
import { SEVERITY } from './texts.ts'

type Level = Schema<'FindingView'>['severity']

/** A shape of its own for each: an octagon, a triangle, a circle. */
const SHAPES: Readonly<Record<Level, string>> = {
  error: 'M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5m0 3v.01',
  warning: 'M12 4 2.5 20.5h19zM12 10v5m0 2.500v.01',
  notice: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5m0-8.500v.01',
}

/** How bad something is, by a shape, a colour and a word. */
export function Severity({ level, word = true }: { level: Level; word?: boolean }) {
  return (
    <span className={`${css['severity']} ${css[level]}`}>
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false">
        <path d={SHAPES[level]} />
      </svg>
      <span className={word ? undefined : 'visually-hidden'}>{SEVERITY[level]}</span>
    </span>
  )
}
