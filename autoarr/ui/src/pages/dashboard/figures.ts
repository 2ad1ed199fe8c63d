import type { Schema } from '../../api/types.ts'
import { TEXTS } from './texts.ts'

export interface Said {
  text: string
  /** What it lacks; null where it is complete. */
  lacks: string | null
  isKnown: boolean
}

/** A number over several services in words: unknown is never zero, and what is missing is named. */
export function sayFigure(figure: Schema<'Figure'> | undefined): Said {
  if (figure?.total === undefined || figure.total === null) {
    const names = figure?.missing ?? []
    return {
      text: TEXTS.unknown,
      lacks: names.length > 0 ? TEXTS.without(names) : TEXTS.nobodyTells,
      isKnown: false,
    }
  }
  const { total, missing, stale } = figure
  const lacks = [
    ...(missing.length > 0 ? [TEXTS.without(missing)] : []),
    ...(stale.length > 0 ? [TEXTS.outdatedOf(stale)] : []),
  ]
  const number = total.toLocaleString('en-GB')
  return {
    // What is from earlier may be less by now; what is missing can only add to it.
    text: missing.length > 0 ? TEXTS.atLeast(number) : number,
    lacks: lacks.length > 0 ? lacks.join(' ') : null,
    isKnown: true,
  }
}
