import { describe, expect, it } from 'vitest'
import { refusePassword } from '../../../src/pages/account/passwords.ts'

function wrong(entered: Parameters<typeof refusePassword>[0]): [string, string][] {
  return [...(refusePassword(entered)?.fields ?? [])]
}

describe('refusePassword', () => {
  it('takes 8 characters and more', () => {
    expect(wrong({ name: 'Ada', password: 'correct!' })).toEqual([])
    expect(wrong({ name: 'Ada', password: 'correct' })).toEqual([
      ['password', 'It needs 8 characters or more.'],
    ])
  })

  it('counts characters as the server does, not halves of them', () => {
    expect(wrong({ name: 'Ada', password: '🙂🙂🙂🙂' })).toHaveLength(1)
  })

  it('refuses the name, whatever its case', () => {
    expect(wrong({ name: 'Ada Lovelace', password: 'ada lovelace', field: 'new' })).toEqual([
      ['new', 'It may not be the name.'],
    ])
  })

  it('wants the same twice', () => {
    expect(wrong({ name: 'Ada', password: 'correct!', repeat: 'correct?' })[0]?.[0]).toBe('repeat')
  })
})
