import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../../src/api/types.ts'
import { asNew, asPatch, draftOf, withEvent } from '../../../../src/pages/settings/notifications/draft.ts'

const TARGET: Schema<'TargetView'> = {
  id: '7f9c24e8-3b12-4fef-91e0-6e9e0c1b7a51',
  kind: 'gotify',
  name: 'Phone',
  place: 'https://gotify.example',
  secret_set: true,
  events: ['audit.finished'],
  enabled: true,
  created_at: '2026-01-31T12:00:00Z',
  updated_at: '2026-01-31T12:00:00Z',
}

describe('a receiver', () => {
  it('keeps its address and secret where none is entered', () => {
    expect(asPatch(draftOf(TARGET))).toEqual({ name: 'Phone', events: ['audit.finished'], enabled: true })
  })

  it('is told of everything by an empty list', () => {
    expect(asPatch({ ...draftOf(TARGET), everything: true }).events).toEqual([])
    expect(draftOf({ ...TARGET, events: [] }).everything).toBe(true)
  })

  it('has no secret where its kind has none', () => {
    const draft = { ...draftOf(null), kind: 'discord' as const, secret: 'left from another kind' }
    expect(asNew(draft).secret).toBeNull()
  })
})

it('keeps the order of events', () => {
  expect(withEvent(['audit.finished'], 'request.asked', true)).toEqual(['request.asked', 'audit.finished'])
  expect(withEvent(['request.asked', 'audit.finished'], 'request.asked', false)).toEqual(['audit.finished'])
})
