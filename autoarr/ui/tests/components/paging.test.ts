import { describe, expect, it } from 'vitest'
import { indexOf, keyAt, pagesFor } from '../../src/components/paging.ts'

const KEYS = new Map([
  [1, ['row a', 'row b']],
  [3, ['row c']],
])

describe('pagesFor', () => {
  it('wants the first page of what is not known yet', () => {
    expect(pagesFor([], 0)).toEqual([1])
  })

  it('wants the next page before its rows come into sight', () => {
    expect(pagesFor([60, 61], 500)).toEqual([1])
    expect(pagesFor([60, 80], 500)).toEqual([1, 2])
    expect(pagesFor([130], 500)).toEqual([2])
    expect(pagesFor([110], 500)).toEqual([1, 2])
  })

  it('wants no page beyond the end', () => {
    expect(pagesFor([199], 200)).toEqual([2])
  })

  it('wants none of those between rows that are far apart', () => {
    expect(pagesFor([50, 4050], 5000)).toEqual([1, 41])
  })
})

describe('keyAt and indexOf', () => {
  it('know a row by its key, wherever it is', () => {
    expect(keyAt(KEYS, 1)).toBe('row b')
    expect(indexOf(KEYS, 'row b')).toBe(1)
    expect(indexOf(KEYS, 'row c')).toBe(200)
  })

  it('know a row by its place where nothing else is known of it', () => {
    expect(keyAt(KEYS, 150)).toBe(150)
    expect(indexOf(KEYS, 150)).toBe(150)
    expect(indexOf(KEYS, 'row d')).toBeNull()
  })
})
