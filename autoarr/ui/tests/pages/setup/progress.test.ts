import { describe, expect, it } from 'vitest'
import type { Schema, ServiceKind } from '../../../src/api/types.ts'
import { isStep, progressOf, stepAfter } from '../../../src/pages/setup/progress.ts'
import { SONARR } from '../services/samples.ts'

function of(kind: ServiceKind): Schema<'ServiceView'> {
  return { ...SONARR, kind, name: kind }
}

function audit(state: Schema<'AuditView'>['state']): Schema<'AuditView'> {
  return {
    id: '3a1a4f1e-5b9b-4c1f-9b6f-0a8d9c2f7e11',
    state,
    passed: 0,
    failed: 0,
    unknown: 0,
    ignored: 0,
    service_id: null,
    created_by: 'Ada',
    created_at: '2026-01-31T12:00:00Z',
    started_at: null,
    finished_at: null,
    score: null,
    services: [],
    error: null,
  }
}

describe('progressOf', () => {
  it('goes on with the first kind that is not connected', () => {
    expect(progressOf([], []).next).toBe('sonarr')
    expect(progressOf([of('sonarr'), of('sabnzbd')], []).next).toBe('radarr')
  })

  it('goes on with the audit when all are', () => {
    const all = [of('sonarr'), of('radarr'), of('sabnzbd'), of('plex')]
    expect(progressOf(all, [audit('running')])).toMatchObject({ next: 'audit', complete: false })
  })

  it('is complete with one service and one audit, though a newer one runs', () => {
    const progress = progressOf([of('radarr')], [audit('running'), audit('finished')])
    expect(progress).toMatchObject({ complete: true, next: 'done', audit: { state: 'running' } })
  })

  it('is not complete when the services are gone again', () => {
    expect(progressOf([], [audit('finished')]).complete).toBe(false)
  })
})

describe('stepAfter', () => {
  it('skips kinds that are connected', () => {
    const progress = progressOf([of('radarr'), of('sabnzbd')], [])
    expect(stepAfter('sonarr', progress)).toBe('plex')
    expect(stepAfter('plex', progress)).toBe('audit')
    expect(stepAfter('audit', progress)).toBe('done')
    expect(stepAfter('done', progress)).toBe('done')
  })
})

it('takes no other words for steps', () => {
  expect(isStep('plex')).toBe(true)
  expect(isStep('Plex')).toBe(false)
  expect(isStep(null)).toBe(false)
})
