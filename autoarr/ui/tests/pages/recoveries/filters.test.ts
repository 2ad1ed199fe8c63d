import { describe, expect, it } from 'vitest'
import { asQuery, readFilters } from '../../../src/pages/recoveries/filters.ts'
import { withParameter } from '../../../src/parameters.ts'

describe('filters of recoveries', () => {
  it('are read from an address', () => {
    const filters = readFilters(new URLSearchParams('state=asking&failure=local'))
    expect(asQuery(filters)).toEqual({ state: 'asking', failure: 'local' })
  })

  it('have words for several states', () => {
    expect(asQuery(readFilters(new URLSearchParams('state=open')))).toEqual({ unfinished: true })
    expect(asQuery(readFilters(new URLSearchParams('state=ended')))).toEqual({ unfinished: false })
  })

  it('let all through where the address says nothing that is known', () => {
    expect(asQuery(readFilters(new URLSearchParams('state=toString&failure=bad')))).toEqual({})
  })
})

describe('withParameter', () => {
  it('changes one, and leaves the others', () => {
    const before = new URLSearchParams('q=dune&show=open')
    expect(withParameter(before, 'show', 'ended').toString()).toBe('q=dune&show=ended')
    expect(withParameter(before, 'show', '').toString()).toBe('q=dune')
    expect(before.toString()).toBe('q=dune&show=open')
  })
})
