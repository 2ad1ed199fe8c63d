import { useEffect, useEffectEvent, useState } from 'react'
import { Button } from '../../components/Button.tsx'
import { Select, TextField } from '../../components/Field.tsx'
import css from './ActivityPage.module.css'
import { type Filters, LONGEST, NONE } from './filters.ts'
import { ACTIONS, OUTCOME, TEXTS } from './texts.ts'

/** Milliseconds after the last key until what is typed counts. */
const TYPING_MS = 400

interface Props {
  filters: Filters
  /** Takes other filters; `typed` are those of every pause, which are no places to go back to. */
  change: (filters: Filters, typed: boolean) => void
}

/** What the log is narrowed to. */
export function ActivityFilters({ filters, change }: Props) {
  const known = ACTIONS.some(([prefix]) => prefix === filters.action)
  return (
    <fieldset className={css['filters']}>
      <legend className="visually-hidden">{TEXTS.filters}</legend>
      <Typed
        label={TEXTS.text}
        type="search"
        value={filters.text}
        change={(text) => change({ ...filters, text }, true)}
      />
      <Typed
        label={TEXTS.actor}
        placeholder={TEXTS.actorHint}
        value={filters.actor}
        change={(actor) => change({ ...filters, actor }, true)}
      />
      <Select
        label={TEXTS.action}
        value={filters.action}
        options={known ? ACTIONS : [...ACTIONS, [filters.action, filters.action]]}
        onChange={(action) => change({ ...filters, action }, false)}
      />
      <Select
        label={TEXTS.outcome}
        value={filters.outcome}
        options={[
          ['', TEXTS.any],
          ['succeeded', OUTCOME.succeeded],
          ['failed', OUTCOME.failed],
          ['refused', OUTCOME.refused],
        ]}
        onChange={(outcome) => change({ ...filters, outcome }, false)}
      />
      <Typed
        label={TEXTS.since}
        type="datetime-local"
        value={filters.since}
        change={(since) => change({ ...filters, since }, true)}
      />
      <Typed
        label={TEXTS.until}
        type="datetime-local"
        value={filters.until}
        change={(until) => change({ ...filters, until }, true)}
      />
      <div className={css['reset']}>
        <Button
          tone="quiet"
          disabled={Object.values(filters).every((value) => value === '')}
          onClick={() => change(NONE, false)}
        >
          {TEXTS.reset}
        </Button>
      </div>
    </fieldset>
  )
}

interface TypedProps {
  label: string
  type?: string
  placeholder?: string
  value: string
  change: (value: string) => void
}

/** A field whose value counts when the typing pauses. */
function Typed({ value, change, ...rest }: TypedProps) {
  const [typed, setTyped] = useState(value)
  const [last, setLast] = useState(value)
  if (value !== last) {
    // The address has changed: by this field, by the back button, or by another.
    setLast(value)
    setTyped(value)
  }
  const tell = useEffectEvent((text: string) => change(text))
  useEffect(() => {
    if (typed === value) {
      return
    }
    const timer = setTimeout(() => tell(typed), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, value])
  return (
    <TextField
      {...rest}
      value={typed}
      maxLength={LONGEST}
      onChange={(event) => setTyped(event.target.value)}
    />
  )
}
