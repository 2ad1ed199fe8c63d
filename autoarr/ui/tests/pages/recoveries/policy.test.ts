import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../src/api/types.ts'
import { decide } from '../../../src/pages/recoveries/policy.ts'

function policy(values: Partial<Schema<'Policy'>>): Schema<'Policy'> {
  return values as Schema<'Policy'>
}

describe('decide', () => {
  it('asks where nobody has chosen', () => {
    expect(decide(policy({}), 'missing', [])).toEqual({ mode: 'ask', by: 'general' })
  })

  it('takes the strictest, and says which part of the policy it is from', () => {
    const given = policy({ mode: 'auto', failures: { missing: 'ask' }, services: { radarr: 'observe' } })
    expect(decide(given, 'local', ['sonarr', null])).toEqual({ mode: 'auto', by: 'general' })
    expect(decide(given, 'missing', ['sonarr', null])).toEqual({ mode: 'ask', by: 'failure' })
    expect(decide(given, 'missing', ['sonarr', 'radarr'])).toEqual({ mode: 'observe', by: 'service' })
  })

  it('does not let a part be less strict than the whole', () => {
    expect(decide(policy({ mode: 'observe', failures: { local: 'auto' } }), 'local', [])).toEqual({
      mode: 'observe',
      by: 'general',
    })
  })

  it('always asks where only a person knows what is right', () => {
    expect(decide(policy({ mode: 'auto' }), 'aborted', [])).toEqual({ mode: 'ask', by: 'always' })
    expect(decide(policy({ mode: 'observe' }), 'aborted', [])).toEqual({ mode: 'observe', by: 'general' })
  })
})
