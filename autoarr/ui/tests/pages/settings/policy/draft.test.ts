import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../../src/api/types.ts'
import {
  draftOf,
  holdsBack,
  policyOf,
  sameDraft,
  withMode,
} from '../../../../src/pages/settings/policy/draft.ts'
import type { FailureClass } from '../../../../src/pages/settings/policy/texts.ts'

const POLICY: Schema<'Policy'> = {
  mode: 'ask',
  poll_every_s: 60,
  audit_every_h: 24,
  activity_days: 90,
  failures: { local: 'observe' },
  services: {},
  quiet_hours: { start: '18:00:00', end: '23:30:00' },
  native_grace_min: 30,
  searches_per_hour: 10,
  requests_need_approval: true,
  requests_per_week: null,
}

describe('policyOf', () => {
  it('gives back what a draft was made of', () => {
    const quiet_hours = { start: '18:00', end: '23:30' }
    expect(policyOf(draftOf(POLICY))).toEqual({ policy: { ...POLICY, quiet_hours }, wrong: null })
  })

  it('says what is wrong with each number', () => {
    const draft = draftOf(POLICY)
    const numbers = { ...draft.numbers, poll_every_s: '9', audit_every_h: '1.5', searches_per_hour: '0' }
    expect([...(policyOf({ ...draft, numbers }).wrong ?? [])]).toEqual([
      ['poll_every_s', 'A whole number from 10 to 3,600.'],
      ['audit_every_h', 'A whole number from 1 to 744.'],
    ])
  })

  it('does not mind what stands in a limit that is switched off', () => {
    const draft = draftOf(POLICY)
    const numbers = { ...draft.numbers, requests_per_week: 'many' }
    expect(policyOf({ ...draft, numbers }).policy?.requests_per_week).toBeNull()
    expect(policyOf({ ...draft, numbers, limited: true }).wrong?.has('requests_per_week')).toBe(true)
  })

  it('wants quiet hours that have a length', () => {
    const draft = draftOf(POLICY)
    expect(policyOf({ ...draft, quiet: { start: '18:00', end: '18:00' } }).wrong?.has('end')).toBe(true)
    expect(policyOf({ ...draft, quiet: { start: '', end: '18:00' } }).wrong?.has('start')).toBe(true)
    expect(policyOf({ ...draft, quiet: null }).policy?.quiet_hours).toBeNull()
  })
})

describe('exceptions', () => {
  it('are taken away by none', () => {
    expect(withMode<FailureClass>({ local: 'observe', missing: 'ask' }, 'local', null)).toEqual({
      missing: 'ask',
    })
  })

  it('only hold back', () => {
    expect(holdsBack('observe', 'ask')).toBe(true)
    expect(holdsBack('auto', 'ask')).toBe(false)
    expect(holdsBack('ask', 'ask')).toBe(false)
  })
})

it('takes drafts for the same whatever the order of their exceptions', () => {
  const one = { ...draftOf(POLICY), failures: { local: 'ask', missing: 'auto' } as const }
  const other = { ...draftOf(POLICY), failures: { missing: 'auto', local: 'ask' } as const }
  expect(sameDraft(one, other)).toBe(true)
  expect(sameDraft(one, { ...other, mode: 'auto' })).toBe(false)
})
