import { describe, expect, it } from 'vitest'
import { initials } from '../../src/components/initials.ts'

describe('initials', () => {
  it.each([
    ['The Matrix', 'TM'],
    ['Series.S01E02.1080p', 'SS'],
    ['(500) Days', 'D'],
    ['élite', 'É'],
    ['…', ''],
  ])('%s', (title, letters) => {
    expect(initials(title)).toBe(letters)
  })
})
