import { type ComponentProps, type ReactNode, useId } from 'react'
import css from './Field.module.css'

interface Around {
  label: string
  /** What to enter, where the label doesn't say. */
  hint?: ReactNode
  /** What is wrong with what was entered. */
  error?: string | undefined
}

/** The attributes that tie a control to its label, hint and error. */
function useDescribed({ hint, error }: Omit<Around, 'label'>) {
  const id = useId()
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].join(' ').trim()
  return {
    id,
    control: {
      id,
      ...(described && { 'aria-describedby': described }),
      ...(error && { 'aria-invalid': true as const }),
    },
  }
}

function Frame({ id, label, hint, error, children }: Around & { id: string; children: ReactNode }) {
  return (
    <div className={css['field']}>
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <div className={css['hint']} id={`${id}-hint`}>
          {hint}
        </div>
      ) : null}
      {children}
      {error ? (
        <div className={css['error']} id={`${id}-error`}>
          {error}
        </div>
      ) : null}
    </div>
  )
}

export function TextField({
  label,
  hint,
  error,
  ...rest
}: Around & Omit<ComponentProps<'input'>, 'id' | 'className'>) {
  const { id, control } = useDescribed({ hint, error })
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input {...rest} {...control} className={css['control']} />
    </Frame>
  )
}

export function TextArea({
  label,
  hint,
  error,
  ...rest
}: Around & Omit<ComponentProps<'textarea'>, 'id' | 'className'>) {
  const { id, control } = useDescribed({ hint, error })
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea rows={3} {...rest} {...control} className={css['control']} />
    </Frame>
  )
}

interface SelectProps<T extends string> extends Around {
  value: T
  options: ReadonlyArray<readonly [value: T, label: string]>
  onChange: (value: T) => void
  disabled?: boolean
}

export function Select<T extends string>({
  label,
  hint,
  error,
  value,
  options,
  onChange,
  disabled,
}: SelectProps<T>) {
  const { id, control } = useDescribed({ hint, error })
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select
        {...control}
        className={css['control']}
        value={value}
        disabled={disabled}
        onChange={(event) => {
          const chosen = options.find(([one]) => one === event.target.value)
          if (chosen) {
            onChange(chosen[0])
          }
        }}
      >
        {options.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
    </Frame>
  )
}

export function Checkbox({
  label,
  hint,
  ...rest
}: Omit<Around, 'error'> & Omit<ComponentProps<'input'>, 'id' | 'className' | 'type'>) {
  const { id, control } = useDescribed({ hint })
  return (
    <div className={css['checkbox']}>
      <input {...rest} {...control} type="checkbox" />
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <div className={css['hint']} id={`${id}-hint`}>
          {hint}
        </div>
      ) : null}
    </div>
  )
}
