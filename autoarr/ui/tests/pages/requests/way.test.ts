import { describe, expect, it } from 'vitest'
import { findWay } from '../../../src/pages/requests/way.ts'

function at(request: Parameters<typeof findWay>[0]): Array<readonly [string, string]> {
  return findWay(request).map((station) => [station.name, station.at] as const)
}

const ENDED = '2026-01-31T12:00:00Z'

describe('findWay', () => {
  it('waits for approval', () => {
    expect(at({ state: 'awaiting_approval', ended_at: null }).slice(0, 3)).toEqual([
      ['Asked', 'done'],
      ['Approved', 'now'],
      ['Added', 'to come'],
    ])
  })

  it('is at its end in Plex', () => {
    const stations = findWay({ state: 'in_plex', ended_at: ENDED })
    expect(stations.map((station) => station.at)).toEqual(Array.from({ length: 7 }, () => 'done'))
  })

  it('has Plex to come where it was imported, and none where Plex has no part in it', () => {
    expect(at({ state: 'imported', ended_at: null }).at(-1)).toEqual(['In Plex', 'now'])
    expect(at({ state: 'imported', ended_at: ENDED }).at(-1)).toEqual(['In the library', 'done'])
  })

  it('ends where somebody ended it, after what was reached', () => {
    const timeline = ['asked', 'approved', 'adding', 'cancelled'].map((step) => ({ step }))
    expect(at({ state: 'cancelled', ended_at: ENDED, timeline })).toEqual([
      ['Asked', 'done'],
      ['Approved', 'done'],
      ['Added', 'done'],
      ['Cancelled', 'end'],
    ])
  })
})
