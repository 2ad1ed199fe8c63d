import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import css from './Dashboard.module.css'
import { sayFigure } from './figures.ts'
import { TEXTS } from './texts.ts'

const SHOWN = [
  ['missing', TEXTS.missing, TEXTS.missingHint, null],
  ['queue', TEXTS.queueFigure, TEXTS.queueHint, '/downloads'],
  ['health', TEXTS.health, TEXTS.healthHint, null],
  ['sessions', TEXTS.sessions, TEXTS.sessionsHint, null],
] as const

/** The numbers over all services. */
export function Figures({ figures }: { figures: Schema<'Dashboard'>['figures'] }) {
  return (
    <dl className={css['figures']} aria-label={TEXTS.figures}>
      {SHOWN.map(([key, name, hint, href]) => {
        const { text, lacks, isKnown } = sayFigure(figures[key])
        return (
          <div key={key} className={css['figure']}>
            <dt>{href ? <Link href={href}>{name}</Link> : <span>{name}</span>}</dt>
            <dd className={isKnown ? css['number'] : css['noNumber']}>{text}</dd>
            <dd className={lacks ? css['lacks'] : css['hint']}>{lacks ?? hint}</dd>
          </div>
        )
      })}
    </dl>
  )
}
