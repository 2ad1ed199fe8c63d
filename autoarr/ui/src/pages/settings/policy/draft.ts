import type { Schema } from '../../../api/types.ts'
import { type FailureClass, type Mode, POLICY } from './texts.ts'

type Policy = Schema<'Policy'>

/** The numbers of the policy, and the least and the most that each may be. */
export const NUMBERS = {
  poll_every_s: [10, 3600],
  audit_every_h: [1, 24 * 31],
  activity_days: [1, 3650],
  native_grace_min: [1, 24 * 60],
  searches_per_hour: [0, 1000],
  requests_per_week: [0, 1000],
} as const satisfies Partial<Record<keyof Policy, readonly [least: number, most: number]>>

export type NumberField = keyof typeof NUMBERS

/** What stands in the field of a limit that is switched on anew. */
const REQUESTS_PER_WEEK = 10

/** What the form holds. */
export interface Draft {
  mode: Mode
  /** The exceptions; a class without one is absent. */
  failures: Readonly<Partial<Record<FailureClass, Mode>>>
  /** The exceptions by the ids of services. */
  services: Readonly<Record<string, Mode>>
  /** Hours and minutes, as a field of a time has them; null for none. */
  quiet: { start: string; end: string } | null
  numbers: Readonly<Record<NumberField, string>>
  needApproval: boolean
  limited: boolean
}

export function draftOf(policy: Policy): Draft {
  return {
    mode: policy.mode,
    failures: policy.failures ?? {},
    services: policy.services ?? {},
    quiet: policy.quiet_hours
      ? { start: policy.quiet_hours.start.slice(0, 5), end: policy.quiet_hours.end.slice(0, 5) }
      : null,
    numbers: {
      poll_every_s: String(policy.poll_every_s),
      audit_every_h: String(policy.audit_every_h),
      activity_days: String(policy.activity_days),
      native_grace_min: String(policy.native_grace_min),
      searches_per_hour: String(policy.searches_per_hour),
      requests_per_week: String(policy.requests_per_week ?? REQUESTS_PER_WEEK),
    },
    needApproval: policy.requests_need_approval,
    limited: policy.requests_per_week !== null,
  }
}

/** Exceptions with one changed; null takes it away. */
export function withMode<Key extends string>(
  modes: Readonly<Partial<Record<Key, Mode>>>,
  key: Key,
  mode: Mode | null,
): Readonly<Partial<Record<Key, Mode>>> {
  const { [key]: _, ...others } = modes
  return { ...others, ...(mode !== null && { [key]: mode }) } as Partial<Record<Key, Mode>>
}

const STRICTEST: readonly Mode[] = ['observe', 'ask', 'auto']

/** Whether an exception changes anything: the strictest of the modes counts. */
export function holdsBack(exception: Mode, general: Mode): boolean {
  return STRICTEST.indexOf(exception) < STRICTEST.indexOf(general)
}

function readNumber(text: string, least: number, most: number): number | null {
  const number = /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : Number.NaN
  return number >= least && number <= most ? number : null
}

export type Read = { policy: Policy; wrong: null } | { policy: null; wrong: ReadonlyMap<string, string> }

/** The policy that a form holds, or what is wrong with its fields. */
export function policyOf(draft: Draft): Read {
  const wrong = new Map<string, string>()
  function numberOf(field: NumberField): number {
    const [least, most] = NUMBERS[field]
    const number = readNumber(draft.numbers[field], least, most)
    if (number === null) {
      wrong.set(field, POLICY.wrongNumber(least, most))
    }
    return number ?? least
  }
  const policy: Policy = {
    mode: draft.mode,
    failures: draft.failures as Record<string, Mode>,
    services: { ...draft.services },
    quiet_hours: draft.quiet,
    poll_every_s: numberOf('poll_every_s'),
    audit_every_h: numberOf('audit_every_h'),
    activity_days: numberOf('activity_days'),
    native_grace_min: numberOf('native_grace_min'),
    searches_per_hour: numberOf('searches_per_hour'),
    requests_need_approval: draft.needApproval,
    requests_per_week: draft.limited ? numberOf('requests_per_week') : null,
  }
  if (draft.quiet) {
    for (const end of ['start', 'end'] as const) {
      if (!/^\d\d:\d\d$/.test(draft.quiet[end])) {
        wrong.set(end, POLICY.quietMissing)
      }
    }
    if (!wrong.has('start') && draft.quiet.start === draft.quiet.end) {
      wrong.set('end', POLICY.quietWrong)
    }
  }
  return wrong.size > 0 ? { policy: null, wrong } : { policy, wrong: null }
}

/** Whether two drafts say the same. */
export function sameDraft(one: Draft, other: Draft): boolean {
  const ordered = ({ failures, services, ...rest }: Draft) =>
    JSON.stringify([rest, Object.entries(failures).sort(), Object.entries(services).sort()])
  return ordered(one) === ordered(other)
}
