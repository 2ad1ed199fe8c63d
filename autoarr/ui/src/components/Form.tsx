import { type ReactNode, useEffect, useId, useRef } from 'react'
import type { Problem } from '../api/problem.ts'
import css from './Form.module.css'
import { Failure } from './Notice.tsx'

interface FormProps {
  /** What it is for, for those who hear it. */
  label: string
  onSubmit: (entered: FormData) => void
  /** Lines that would be too long to read are kept short. */
  narrow?: boolean
  /** Why it was refused the last time: the first field that is to blame gets the focus. */
  problem?: Problem | null
  children: ReactNode
}

/** Fields under each other, sent by Enter or its button. */
export function Form({ label, onSubmit, narrow = false, problem, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (problem) {
      form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus()
    }
  }, [problem])
  return (
    <form
      ref={form}
      aria-label={label}
      className={`${css['form']} ${narrow ? css['narrow'] : ''}`}
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit(new FormData(event.currentTarget))
      }}
    >
      {children}
    </form>
  )
}

/** Fields beside each other, where there is room. */
export function Row({ children }: { children: ReactNode }) {
  return <div className={css['row']}>{children}</div>
}

/** Fields that belong together, under what they are about. */
export function Group({
  legend,
  explained,
  children,
}: {
  legend: string
  explained?: string
  children: ReactNode
}) {
  const id = useId()
  return (
    <fieldset className={css['group']} aria-describedby={explained ? id : undefined}>
      <legend>{legend}</legend>
      {explained ? (
        <p className={css['explained']} id={id}>
          {explained}
        </p>
      ) : null}
      {children}
    </fieldset>
  )
}

/** The buttons of a form that is part of a page; those of a dialog are `Buttons`. */
export function FormButtons({
  sticky = false,
  children,
}: {
  /** They stay in sight at the end of a form that is longer than the window. */
  sticky?: boolean
  children: ReactNode
}) {
  return <div className={`${css['buttons']} ${sticky ? css['bar'] : ''}`}>{children}</div>
}

/** Why a form was refused, where no field shows it. */
export function FormFailure({ problem, fields }: { problem: Problem | null; fields: readonly string[] }) {
  return problem && !fields.some((field) => problem.fields.has(field)) ? <Failure error={problem} /> : null
}
