import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../src/api/types.ts'
import DashboardPage from '../../../src/pages/dashboard/DashboardPage.tsx'
import { json, serve } from '../../samples.ts'

const AT = '2026-01-31T12:00:00Z'

const EMPTY: Schema<'Dashboard'> = {
  generated_at: AT,
  poll_every_s: 60,
  services: [],
  figures: {},
  queue: [],
  queue_truncated: false,
  audit: { state: 'unknown' },
  activity: [],
}

const AUDIT: Schema<'AuditPart'> = {
  state: 'fresh',
  finished_at: AT,
  score: 77,
  findings: { error: 1, warning: 0, notice: 2 },
}

function list(items: unknown[] = []) {
  return () => json({ items, total: items.length, page: 1, page_size: 3 })
}

function show(dashboard: Schema<'Dashboard'>, recoveries: unknown[] = []) {
  serve({
    '/api/v1/dashboard': () => json(dashboard),
    '/api/v1/recoveries': list(recoveries),
    '/api/v1/requests': list(),
    '/api/v1/audits': list(),
  })
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <DashboardPage />
    </QueryClientProvider>,
  )
}

function panel(name: string) {
  return within(screen.getByRole('region', { name }))
}

describe('DashboardPage', () => {
  it('leads to the setup where nothing is set up', async () => {
    show(EMPTY)
    const link = await screen.findByRole('link', { name: 'Finish setting up' })
    expect(link.getAttribute('href')).toBe('/setup')
    expect(screen.queryByText('0')).toBeNull()
  })

  it('says why a service does not answer, and what to do', async () => {
    const failure = { cause: 'connect', detail: 'connection refused' } as const
    const blocks = { version: { state: 'stale', observed_at: AT, failure } } as const
    const service = {
      id: 'a',
      kind: 'sonarr',
      name: 'Sonarr',
      tls_insecure: false,
      state: 'stale',
      blocks,
    } as const
    show({ ...EMPTY, audit: AUDIT, services: [service] })
    await screen.findByText('Nothing answers at its address')
    const services = panel('Services')
    expect(services.getByText('Outdated')).toBeDefined()
    expect(services.getByText(/Check that it runs/)).toBeDefined()
    expect(screen.queryByText('Finish setting up')).toBeNull()
    expect(screen.getByRole('img', { name: 'Score 77 of 100' })).toBeDefined()
  })

  it('shows what it does not understand as unknown', async () => {
    const odd = { state: 'fresh', observed_at: AT, data: [{ nothing: 'known' }] } as const
    const blocks = { version: odd, health: odd, queue: odd, missing: odd, disk: odd, sessions: odd }
    const service = {
      id: 'a',
      kind: 'plex',
      name: 'Odd',
      tls_insecure: false,
      state: 'fresh',
      blocks,
    } as const
    show({ ...EMPTY, audit: AUDIT, services: [service] })
    await screen.findByText('Not known of Odd.')
    expect(panel('Streams').getByText('Whether something is played isn’t known.')).toBeDefined()
    expect(panel('Queue').getByText('What is being downloaded isn’t known.')).toBeDefined()
  })

  it('puts first what waits for a person', async () => {
    show({ ...EMPTY, audit: AUDIT }, [{ id: 'r', title: 'Slow.Horses.S05' }])
    const link = await screen.findByRole('link', { name: '1 recovery to decide' })
    expect(link.getAttribute('href')).toBe('/recoveries?state=asking')
    expect(screen.getByRole('link', { name: 'Slow.Horses.S05' }).getAttribute('href')).toBe('/recoveries/r')
  })
})
