import css from './Progress.module.css'

/** How far something is. */
export function Progress({ value, label }: { value: number; label: string }) {
  return <progress className={css['progress']} value={value} max={1} aria-label={label} />
}
