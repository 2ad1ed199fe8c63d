import css from './Json.module.css'

/** A value as it is, for who wants to know exactly. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section className={css['json']} tabIndex={0} aria-label={label}>
      {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
    </section>
  )
}

/** The same, hidden until it is asked for. */
export function MoreJson({ value, label }: { value: unknown; label: string }) {
  return (
    <details className={css['more']}>
      <summary>{label}</summary>
      <Json value={value} label={label} />
    </details>
  )
}
