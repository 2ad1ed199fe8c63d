import { describe, expect, it } from 'vitest'
import { DEFAULTS, readFilters, toQuery, writeFilters } from '../../../src/pages/findings/filters.ts'

const SERVICE = 'b1f0a0f4-5d2c-4f6e-9a53-0a1c2d3e4f50'

describe('readFilters', () => {
  it('shows what is to be improved and not ignored, by itself', () => {
    expect(readFilters(new URLSearchParams())).toEqual(DEFAULTS)
    expect(toQuery(DEFAULTS)).toEqual({ verdict: 'failed', ignored: false })
  })

  it('takes what it does not understand as not there', () => {
    expect(readFilters(new URLSearchParams('verdict=bad&severity=x&kind=y&service=1&ignored=z'))).toEqual(
      DEFAULTS,
    )
  })

  it.each([
    { ...DEFAULTS, severity: 'error' as const },
    { verdict: '', severity: 'notice', kind: 'plex', service: SERVICE, ignored: 'any' } as const,
    { ...DEFAULTS, verdict: 'unknown', ignored: 'yes' } as const,
  ])('reads what it wrote: %o', (filters) => {
    expect(readFilters(writeFilters(filters))).toEqual(filters)
  })
})

describe('writeFilters', () => {
  it('leaves out what is so by itself', () => {
    expect(writeFilters(DEFAULTS).toString()).toBe('')
    expect(writeFilters({ ...DEFAULTS, verdict: '' }).toString()).toBe('verdict=any')
  })
})

describe('toQuery', () => {
  it('asks for all where anything will do', () => {
    expect(toQuery({ verdict: '', severity: '', kind: '', service: '', ignored: 'any' })).toEqual({})
  })
})
