import type { Tone } from './headline.ts'

const SHAPES: Record<Tone, string> = {
  checking: 'M7 12h.01M12 12h.01M17 12h.01',
  ready: 'm6.5 12.5 3.75 3.75 7.25-8',
  'not-ready': 'm7.5 7.5 9 9m0-9-9 9',
  unknown: 'M9 9.25a3 3 0 1 1 4.5 2.6c-1 .600-1.5 1.15-1.5 2.15m0 3.25h.01',
}

/** A shape for each tone, so that colour isn't the only sign. */
export function Icon({ tone }: { tone: Tone }) {
  return (
    <svg className={`icon icon-${tone}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <circle cx="12" cy="12" r="12" />
      <path d={SHAPES[tone]} />
    </svg>
  )
}
