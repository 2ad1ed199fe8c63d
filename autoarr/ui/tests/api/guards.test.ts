import { describe, expect, it } from 'vitest'
import {
  amount,
  demand,
  field,
  type Guard,
  object,
  oneOf,
  optional,
  orNull,
  RefusedAnswer,
  text,
  timestamp,
} from '../../src/api/guards.ts'

const CASES: [name: string, guard: Guard<unknown>, accepted: unknown[], refused: unknown[]][] = [
  ['text', text, ['a'], ['', 1, null, undefined]],
  ['amount', amount, [0, 1.5], [-1, Number.NaN, Number.POSITIVE_INFINITY, '1', null]],
  [
    'timestamp',
    timestamp,
    ['2026-01-31T12:30:00.250Z', '2026-01-31T12:30:00+02:00'],
    ['2026-01-31', 'yesterday', '2026-13-31T12:30:00Z', 0, null],
  ],
  ['object', object, [{}, { a: 1 }], [[], null, 'a', undefined]],
  ['oneOf', oneOf('ok', 'error'), ['ok', 'error'], ['OK', '', null]],
  ['orNull', orNull(text), ['a', null], ['', 1, undefined]],
]

describe.each(CASES)('%s', (_, guard, accepted, refused) => {
  it.each(accepted)('accepts %j', (value) => {
    expect(guard.accepts(value)).toBe(true)
  })
  it.each(refused)('refuses %j', (value) => {
    expect(guard.accepts(value)).toBe(false)
  })
})

describe('demand', () => {
  it('returns what the guard accepts', () => {
    expect(demand('a', text, 'here')).toBe('a')
  })

  it.each([
    [undefined, 'here: expected text, got nothing'],
    [null, 'here: expected text, got null'],
    [{ a: 1 }, 'here: expected text, got {"a":1}'],
    ['', 'here: expected text, got ""'],
    [Array(99).fill(1), /^here: expected text, got \[1,1,.{1,40}…$/],
  ])('says what is wrong with %j', (value, message) => {
    expect(() => demand(value, text, 'here')).toThrow(message)
    expect(() => demand(value, text, 'here')).toThrow(RefusedAnswer)
  })
})

describe('field', () => {
  it('names the path to a missing field', () => {
    expect(() => field({}, 'status', oneOf('ok', 'error'), 'checks.database')).toThrow(
      'checks.database.status: expected "ok" or "error", got nothing',
    )
  })
})

describe('optional', () => {
  it.each([{}, { a: undefined }, { a: null }])('takes %j for absent', (source) => {
    expect(optional(source, 'a', text)).toBeNull()
  })

  it('refuses a wrong value', () => {
    expect(() => optional({ a: 1 }, 'a', text)).toThrow('a: expected text or null, got 1')
  })
})
