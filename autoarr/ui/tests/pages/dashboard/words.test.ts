import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../src/api/types.ts'
import { readDisk, readHealth, readSessions, readTotal, readWork } from '../../../src/pages/dashboard/data.ts'
import { gatherDisks, roomOf } from '../../../src/pages/dashboard/disks.ts'
import { sayFigure } from '../../../src/pages/dashboard/figures.ts'
import { worst } from '../../../src/pages/dashboard/standing.ts'

const GB = 1e9

function service(name: string, disk: Schema<'Block'>): Schema<'ServicePart'> {
  return { id: name, kind: 'sonarr', name, tls_insecure: false, state: 'fresh', blocks: { disk } }
}

describe('sayFigure', () => {
  const figure = { total: 12, complete: true, missing: [], stale: [] }

  it('says a number that is complete', () => {
    expect(sayFigure(figure)).toEqual({ text: '12', lacks: null, isKnown: true })
    expect(sayFigure({ ...figure, total: 0 }).text).toBe('0')
  })

  it('never says zero for unknown', () => {
    const said = sayFigure({ total: null, complete: false, missing: ['Sonarr', 'Radarr'], stale: [] })
    expect(said).toEqual({ text: 'Unknown', lacks: 'Without Sonarr and Radarr.', isKnown: false })
    expect(sayFigure(undefined).text).toBe('Unknown')
    expect(sayFigure({ total: null, complete: true, missing: [], stale: [] }).lacks).toBe(
      'No service tells of it.',
    )
  })

  it('says at least where a service is missing, and names it', () => {
    expect(sayFigure({ ...figure, complete: false, missing: ['Radarr'] })).toMatchObject({
      text: 'at least 12',
      lacks: 'Without Radarr.',
    })
  })

  it('names the service whose part is from earlier', () => {
    expect(sayFigure({ ...figure, complete: false, stale: ['Radarr'] })).toMatchObject({
      text: '12',
      lacks: 'Outdated: Radarr.',
    })
  })
})

describe('guards', () => {
  it.each([null, undefined, 3, 'x', [], {}, { total: -1 }, { total: '3' }])('give null for %o', (data) => {
    expect(readTotal(data)).toBeNull()
    expect(readHealth(data)).toBeNull()
    expect(readDisk(data)).toBeNull()
    expect(readSessions(data)).toBeNull()
    expect(readWork(data)).toBeNull()
  })

  it('give null where one of a list is not understood', () => {
    expect(
      readDisk({ folders: [{ path: '/media', free_bytes: 1, total_bytes: 2 }, { free_bytes: 1 }] }),
    ).toBeNull()
    expect(readHealth({ total: 1, issues: [null] })).toBeNull()
  })

  it('read what is there', () => {
    expect(readDisk({ folders: [{ path: '/media', free_bytes: null, total_bytes: 2 }] })).toEqual([
      { path: '/media', free: null, total: 2 },
    ])
    expect(readWork({ paused: true, bytes_per_s: null, total: 0 })).toEqual({ paused: true, speed: null })
    const issue = { level: 'error', message: 'Down', wiki_url: 'javascript:alert(1)' }
    expect(readHealth({ total: 1, issues: [issue] })?.issues[0]?.wiki).toBeNull()
  })
})

describe('gatherDisks', () => {
  const folder = { path: '/media', free_bytes: 3 * GB, total_bytes: 100 * GB }
  const fresh = { state: 'fresh', data: { folders: [folder] } } as const

  it('shows a disk once, whoever tells of it, and not as outdated where one tells of it now', () => {
    const stale = { ...fresh, state: 'stale' } as const
    const { disks } = gatherDisks([service('Radarr', stale), service('Sonarr', fresh)])
    expect(disks).toHaveLength(1)
    expect(disks[0]).toMatchObject({ services: ['Radarr', 'Sonarr'], isStale: false })
  })

  it('puts the fullest first', () => {
    const other = {
      state: 'fresh',
      data: { folders: [{ ...folder, path: '/a', free_bytes: 50 * GB }] },
    } as const
    expect(gatherDisks([service('A', other), service('B', fresh)]).disks.map(({ path }) => path)).toEqual([
      '/media',
      '/a',
    ])
  })

  it('names the services of which none is known', () => {
    const odd = { state: 'fresh', data: { folders: 'all' } } as const
    const known = gatherDisks([service('A', { state: 'unknown' }), service('B', odd)])
    expect(known).toEqual({ disks: [], unknown: ['A', 'B'] })
  })

  it('knows when a disk is nearly full', () => {
    expect(roomOf({ path: '', free: 4, total: 100 })).toBe('nearly_full')
    expect(roomOf({ path: '', free: 9, total: 100 })).toBe('low')
    expect(roomOf({ path: '', free: 10, total: 100 })).toBe('enough')
    expect(roomOf({ path: '', free: null, total: 100 })).toBe('unknown')
    expect(roomOf({ path: '', free: 0, total: 0 })).toBe('unknown')
  })
})

describe('worst', () => {
  it('is the least known, from the oldest answer', () => {
    const early = '2026-01-31T12:00:00Z'
    const late = '2026-01-31T13:00:00Z'
    expect(worst([])).toBeNull()
    expect(
      worst([
        { state: 'fresh', observed_at: late },
        { state: 'stale', observed_at: early },
      ]),
    ).toEqual({ state: 'stale', at: early })
    expect(worst([{ state: 'unknown' }, { state: 'fresh', observed_at: late }])?.state).toBe('unknown')
  })
})
