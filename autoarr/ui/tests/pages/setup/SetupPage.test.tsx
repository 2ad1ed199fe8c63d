import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import SetupPage from '../../../src/pages/setup/SetupPage.tsx'
import { json, serve } from '../../samples.ts'

const AUDIT = { id: '1', passed: 1, failed: 0, unknown: 0, ignored: 0, score: 100, services: [], error: null }
const AT = '2026-01-31T12:00:00Z'
const RUNNING = { ...AUDIT, state: 'running', started_at: AT, finished_at: null }
const FINISHED = { ...AUDIT, state: 'finished', started_at: AT, finished_at: AT }

function service(kind: string) {
  return { id: kind, kind, name: kind, url: 'http://x', enabled: true, version: '1' }
}

it('stays at the step where one is, and shows what came of it', async () => {
  window.history.replaceState(null, '', '/setup')
  let audit: typeof RUNNING | typeof FINISHED = RUNNING
  serve({
    '/api/v1/services': () => json({ items: ['sonarr', 'radarr', 'sabnzbd', 'plex'].map(service), total: 4 }),
    '/api/v1/audits': () => json({ items: [audit], total: 1 }),
    '/api/v1/audits/1': () => json(audit),
  })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await act(async () =>
    render(
      <QueryClientProvider client={queries}>
        <SetupPage />
      </QueryClientProvider>,
    ),
  )
  expect(await screen.findByRole('heading', { level: 2, name: 'First audit' })).toBeDefined()
  audit = FINISHED
  await act(async () => queries.invalidateQueries())
  expect(await screen.findByText('100 of 100')).toBeDefined()
  expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('First audit')
})
