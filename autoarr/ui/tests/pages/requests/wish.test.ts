import { describe, expect, it } from 'vitest'
import { asSeasons, describeExtent, describeWish, preselect } from '../../../src/pages/requests/wish.ts'

const TITLE = {
  seasons: [
    { number: 1, files: 'all' as const },
    { number: 2, files: 'some' as const },
    { number: 3, files: null },
  ],
}

describe('preselect', () => {
  it('ticks what was wished for, as far as there is such a season', () => {
    expect(preselect(TITLE, [2, 9])).toEqual([2])
    expect(preselect(TITLE, 'latest')).toEqual([3])
  })

  it('ticks what is not wholly there, or may not be, where nothing was said', () => {
    expect(preselect(TITLE, null)).toEqual([2, 3])
  })
})

describe('asSeasons', () => {
  it('is null where all are chosen, and only those', () => {
    expect(asSeasons(new Set([1, 2, 3]), [1, 2, 3])).toBeNull()
    expect(asSeasons(new Set([0, 1, 2, 3]), [1, 2, 3])).toEqual([0, 1, 2, 3])
    expect(asSeasons(new Set([10, 2]), [1, 2, 10])).toEqual([2, 10])
  })
})

describe('describeWish', () => {
  it('says what was understood beyond a title', () => {
    expect(describeWish({ title: 'severance', seasons: [2], quality: '4K' })).toBe(
      'severance, season 2, in 4K',
    )
    expect(describeWish({ title: 'dune', year: 2021, seasons: 'latest' })).toBe(
      'dune (2021), the latest season',
    )
    expect(describeWish({ title: 'dune', year: 2021 })).toBeNull()
  })
})

describe('describeExtent', () => {
  it('tells seasons and quality', () => {
    const request = { media: 'series' as const, seasons: null, quality: null, wish: {} }
    expect(describeExtent(request)).toBe('all seasons')
    expect(describeExtent({ ...request, seasons: [0, 1, 2], quality: 'HD' })).toBe(
      'seasons specials, 1 and 2 in HD',
    )
    expect(describeExtent({ ...request, media: null })).toBe('')
  })

  it('tells what was wished for where it was not settled', () => {
    const request = { media: 'series' as const, seasons: null, quality: null }
    expect(describeExtent({ ...request, wish: { seasons: [1] } })).toBe('season 1')
    expect(describeExtent({ ...request, wish: { seasons: 'latest' } })).toBe('the latest season')
  })
})
