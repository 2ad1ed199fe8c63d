import { describe, expect, it } from 'vitest'
import { exportPath } from '../../../src/pages/activity/export.ts'
import { NONE, readFilters, toQuery, writeFilters } from '../../../src/pages/activity/filters.ts'

describe('readFilters', () => {
  it('reads what it wrote', () => {
    const filters = {
      text: 'a & b',
      actor: 'Ada',
      outcome: 'failed',
      action: 'change.',
      since: '2026-01-31T12:00',
      until: '2026-02-01T00:00',
    } as const
    expect(readFilters(writeFilters(filters))).toEqual(filters)
  })

  it('takes what it does not understand as not there', () => {
    expect(readFilters(new URLSearchParams('outcome=odd&since=yesterday&until='))).toEqual(NONE)
    expect(writeFilters(NONE).toString()).toBe('')
  })
})

describe('toQuery', () => {
  it('asks for the moments of the reader in UTC', () => {
    const { since, until } = toQuery({ ...NONE, since: '2026-01-31T12:00' })
    expect(since).toBe(new Date(2026, 0, 31, 12).toISOString())
    expect(until).toBeUndefined()
  })
})

describe('exportPath', () => {
  it('exports what is shown', () => {
    expect(exportPath('csv', { ...NONE, text: 'a&b' })).toBe('/api/v1/activity/export?format=csv&text=a%26b')
  })
})
