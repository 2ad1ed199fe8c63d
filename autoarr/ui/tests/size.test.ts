import { describe, expect, it } from 'vitest'
import { formatPart, formatSize } from '../src/size.ts'

describe('formatSize', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [734_000_000, '734 MB'],
    [1_468_000_000, '1.5 GB'],
    [5e12, '5 TB'],
    [5e18, '5,000,000 TB'],
  ])('%d', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })
})

describe('formatPart', () => {
  it('says all only where nothing is left', () => {
    expect([0, 0.5, 0.999, 1].map(formatPart)).toEqual(['0%', '50%', '99%', '100%'])
  })
})
