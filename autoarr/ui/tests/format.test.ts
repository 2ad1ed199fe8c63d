import { describe, expect, it } from 'vitest'
import {
  formatAge,
  formatAgo,
  formatDateTime,
  formatDuration,
  formatLatency,
  formatTime,
} from '../src/format.ts'

describe('formatDuration', () => {
  it.each([
    [-5, '0 s'],
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min 0 s'],
    [3599, '59 min 59 s'],
    [3600, '1 h 0 min'],
    [86_399, '23 h 59 min'],
    [86_400, '1 d 0 h'],
    [400 * 86_400 + 3 * 3600, '400 d 3 h'],
  ])('%d s', (seconds, expected) => {
    expect(formatDuration(seconds)).toBe(expected)
  })
})

describe('formatAge', () => {
  it('takes milliseconds', () => {
    expect(formatAge(1000, 66_000)).toBe('1 min 5 s')
  })

  it('is zero when the clock was set back', () => {
    expect(formatAge(66_000, 1000)).toBe('0 s')
  })
})

describe('formatAgo', () => {
  it.each([
    [0, 65_000, '1 min 5 s ago'],
    [5000, 5000, '0 s ago'],
    // The page's clock ticks every second: the server's word may be ahead of it.
    [5999, 5000, '0 s ago'],
    [6000, 5000, 'in 1 s'],
    [70_000, 5000, 'in 1 min 5 s'],
  ])('%d at %d', (at, now, expected) => {
    expect(formatAgo(at, now)).toBe(expected)
  })
})

describe('instants', () => {
  // Without a zone, so in the reader's: as the page shows it, wherever the test runs.
  const LOCAL = '2026-01-31T14:03:20'

  it('have a time', () => {
    expect(formatTime(Date.parse(LOCAL))).toBe('14:03:20')
  })

  it('have a date', () => {
    expect(formatDateTime(LOCAL)).toBe('31 Jan 2026, 14:03')
  })
})

describe('formatLatency', () => {
  it.each([
    [0, '0 ms'],
    [1.25, '1.3 ms'],
    [2000, '2,000 ms'],
  ])('%d ms', (milliseconds, expected) => {
    expect(formatLatency(milliseconds)).toBe(expected)
  })
})
