import type { Schema } from '../../../api/types.ts'
import { EVENTS, type EventKind, TARGET_HELP, type TargetKind } from './texts.ts'

/** What the form of a receiver holds. */
export interface Draft {
  kind: TargetKind
  name: string
  /** Empty where the stored one stays. */
  url: string
  /** Empty where the stored one stays. */
  secret: string
  everything: boolean
  events: readonly EventKind[]
  enabled: boolean
}

export function draftOf(target: Schema<'TargetView'> | null): Draft {
  return {
    kind: target?.kind ?? 'ntfy',
    name: target?.name ?? '',
    url: '',
    secret: '',
    everything: target === null || target.events.length === 0,
    events: target?.events ?? [],
    enabled: target?.enabled ?? true,
  }
}

/** The kinds of events with one switched on or off, in their order. */
export function withEvent(events: readonly EventKind[], kind: EventKind, on: boolean): readonly EventKind[] {
  return EVENTS.map(([one]) => one).filter((one) => (one === kind ? on : events.includes(one)))
}

/** The API takes an empty list for everything. */
function eventsOf(draft: Draft): EventKind[] {
  return draft.everything ? [] : [...draft.events]
}

function secretOf(draft: Draft): string | null {
  return TARGET_HELP[draft.kind].secret === null ? null : draft.secret.trim() || null
}

export function asNew(draft: Draft): Schema<'NewTarget'> {
  return {
    kind: draft.kind,
    name: draft.name.trim(),
    url: draft.url.trim(),
    secret: secretOf(draft),
    events: eventsOf(draft),
    enabled: draft.enabled,
  }
}

/** What is to be changed; address and secret only where they are entered. */
export function asPatch(draft: Draft): Schema<'TargetPatch'> {
  const { name, url, secret, events, enabled } = asNew(draft)
  return { name, events, enabled, ...(url !== '' && { url }), ...(secret && { secret }) }
}
