import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../src/api/types.ts'
import { describeLibrary, describePlex, signsOf } from '../../../src/pages/requests/presence.ts'

function title(values: Partial<Schema<'TitleFound'>>): Schema<'TitleFound'> {
  return { requests: [], in_library: false, files: 'none', in_plex: false, ...values } as Schema<'TitleFound'>
}

function words(values: Partial<Schema<'TitleFound'>>): string[] {
  return signsOf(title(values)).map((sign) => sign.words)
}

describe('signsOf', () => {
  it('says nothing of what is nowhere', () => {
    expect(words({})).toEqual([])
  })

  it('does not take unknown for absent', () => {
    expect(words({ in_library: null, files: null, in_plex: null })).toEqual(['Maybe there: unknown'])
    expect(words({ in_library: true, files: null })).toEqual(['Added, files unknown'])
    expect(describeLibrary(title({ in_library: null }))).toBeNull()
    expect(describePlex(title({ in_plex: null }))).toBeNull()
  })

  it('tells one’s own request from those of others', () => {
    const request = { id: null, mine: false, state: 'approved', seasons: null }
    expect(words({ requests: [request] })).toEqual(['Asked for'])
    expect(words({ requests: [request, { ...request, mine: true }] })).toEqual(['You asked: Approved'])
  })

  it('says once that all of it is there', () => {
    expect(words({ in_library: true, files: 'all', in_plex: true })).toEqual(['In Plex'])
    expect(words({ in_library: true, files: 'some', in_plex: true })).toEqual(['In Plex', 'Partly there'])
  })
})
