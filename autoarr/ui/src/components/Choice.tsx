import { useId } from 'react'
import css from './Choice.module.css'

export interface ChoiceOption<T extends string> {
  value: T
  label: string
  /** What it means. */
  explained?: string
}

interface Props<T extends string> {
  legend: string
  /** The legend is only for those who hear it: a heading says the same. */
  quiet?: boolean
  value: T
  options: ReadonlyArray<ChoiceOption<T>>
  onChange: (value: T) => void
}

/** One of a few, all in sight with what they mean. */
export function Choice<T extends string>({ legend, quiet = false, value, options, onChange }: Props<T>) {
  const id = useId()
  return (
    <fieldset className={css['choice']}>
      <legend className={quiet ? 'visually-hidden' : undefined}>{legend}</legend>
      {options.map((option) => (
        <div key={option.value} className={css['option']}>
          <input
            type="radio"
            id={`${id}-${option.value}`}
            name={id}
            value={option.value}
            checked={option.value === value}
            aria-describedby={option.explained ? `${id}-${option.value}-is` : undefined}
            onChange={() => onChange(option.value)}
          />
          <label htmlFor={`${id}-${option.value}`}>{option.label}</label>
          {option.explained ? (
            <p className={css['explained']} id={`${id}-${option.value}-is`}>
              {option.explained}
            </p>
          ) : null}
        </div>
      ))}
    </fieldset>
  )
}
