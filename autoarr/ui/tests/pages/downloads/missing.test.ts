import { describe, expect, it } from 'vitest'
import { describeMissing } from '../../../src/pages/downloads/missing.ts'
import { describeStatus } from '../../../src/pages/downloads/words.ts'

function source(name: string, state: 'fresh' | 'stale' | 'unknown', complete = state !== 'unknown') {
  return { id: name, kind: 'sonarr' as const, name, state, age_s: 1, failure: null, total: 700, complete }
}

describe('describeMissing', () => {
  it('says nothing where all is known', () => {
    expect(describeMissing([source('Sonarr', 'fresh')])).toEqual([])
  })

  it('tells who is unknown, who is outdated, and of whom only a part was read', () => {
    const said = describeMissing([
      source('Sonarr', 'unknown'),
      source('Radarr', 'stale'),
      source('Anime', 'unknown'),
      source('SABnzbd', 'fresh', false),
    ])
    expect(said).toHaveLength(3)
    expect(said[0]).toContain('Sonarr and Anime')
    expect(said[1]).toContain('Radarr')
    expect(said[2]).toContain('700 rows in SABnzbd')
  })
})

describe('describeStatus', () => {
  it('knows the words of all services, however they are written', () => {
    expect(describeStatus('importPending').words).toBe('Waits for its import')
    expect(describeStatus('QuickCheck').words).toBe('Checking')
  })

  it('leaves what it does not know as it is', () => {
    expect(describeStatus('Teleporting')).toEqual({ words: 'Teleporting', tone: 'rest' })
  })
})
