import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../src/api/types.ts'
import { stateOf } from '../../../src/pages/services/state.ts'
import { SONARR } from './samples.ts'

function part(block: Schema<'Block'>): Schema<'ServicePart'> {
  const { id, kind, name } = SONARR
  return { id, kind, name, tls_insecure: false, state: block.state, blocks: { version: block } }
}

describe('stateOf', () => {
  it('is unknown while the dashboard does not tell', () => {
    expect(stateOf(SONARR, undefined)).toEqual({ tone: 'doubt', text: 'Unknown', at: null, failure: null })
  })

  it('says that it answers, and when it did', () => {
    const at = '2026-01-31T12:00:00Z'
    expect(stateOf(SONARR, part({ state: 'fresh', observed_at: at }))).toMatchObject({ tone: 'good', at })
  })

  it('gives the failure of one that does not', () => {
    const failure = { cause: 'dns', detail: 'no such host' } as const
    expect(stateOf(SONARR, part({ state: 'stale', failure }))).toMatchObject({ tone: 'bad', failure })
  })

  it('is switched off whatever was seen of it', () => {
    expect(stateOf({ ...SONARR, enabled: false }, part({ state: 'fresh' })).text).toBe('Switched off')
  })
})
