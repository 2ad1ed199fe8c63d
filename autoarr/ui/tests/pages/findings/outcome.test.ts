import { describe, expect, it } from 'vitest'
import { Problem } from '../../../src/api/problem.ts'
import type { Schema } from '../../../src/api/types.ts'
import { brief, inWords } from '../../../src/pages/findings/brief.ts'
import { canUndo, isConflict, isPlan, undone } from '../../../src/pages/findings/outcome.ts'
import { sourceOf } from '../../../src/pages/findings/source.ts'

function change(fields: Partial<Schema<'ChangeView'>>): Schema<'ChangeView'> {
  return {
    id: 'a',
    service_id: 's',
    service_name: 'Sonarr',
    finding_id: 'f',
    reverts_id: null,
    state: 'applied',
    resource: 'config/naming',
    fields: [],
    actor: 'Ada',
    error: null,
    created_at: '2026-01-31T12:00:00Z',
    finished_at: null,
    ...fields,
  }
}

describe('canUndo', () => {
  it('offers to undo what was written, in part as well', () => {
    expect(canUndo(change({}), new Set())).toBe(true)
    expect(canUndo(change({ state: 'partly_applied' }), new Set())).toBe(true)
  })

  it.each(['prepared', 'writing', 'failed', 'unresolved'] as const)('does not for %s', (state) => {
    expect(canUndo(change({ state }), new Set())).toBe(false)
  })

  it('does not where the service is gone, or it is undone', () => {
    const undoing = change({ id: 'b', reverts_id: 'a' })
    expect(canUndo(change({ service_id: null }), new Set())).toBe(false)
    expect(canUndo(change({}), undone([undoing, change({})]))).toBe(false)
  })

  it('does again where the undoing failed', () => {
    expect(canUndo(change({}), undone([change({ id: 'b', reverts_id: 'a', state: 'failed' })]))).toBe(true)
  })
})

describe('isConflict and isPlan', () => {
  it('tell the answers apart', () => {
    expect(isConflict(new Problem(409, 'Conflict', ''))).toBe(true)
    expect(isConflict(new Problem(502, 'Bad Gateway', ''))).toBe(false)
    expect(isPlan(change({}))).toBe(false)
    expect(isPlan({ resource: '', fields: [], call: '', already: false, fingerprint: 'f' })).toBe(true)
  })
})

describe('brief', () => {
  it('gives one short line', () => {
    expect(brief({ a: [1, 2] })).toBe('{ "a": [ 1, 2 ] }')
    expect(brief('x'.repeat(200))).toHaveLength(80)
    expect(inWords([])).toBe('none')
    expect(inWords(['bat', 'cmd'])).toBe('bat, cmd')
    expect(inWords(null)).toBe('not set')
  })
})

describe('sourceOf', () => {
  it('opens web pages and nothing else', () => {
    expect(sourceOf('https://trash-guides.info/x#y')?.host).toBe('trash-guides.info')
    expect(sourceOf('opinion')).toBeNull()
    expect(sourceOf('javascript:alert(1)')).toBeNull()
  })
})
