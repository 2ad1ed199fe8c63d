import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import DownloadsPage from '../../../src/pages/downloads/DownloadsPage.tsx'
import { html, json, PROBLEM, serve } from '../../samples.ts'

const SOURCE = { id: 's', kind: 'sonarr', name: 'Sonarr', age_s: null, failure: null, total: null }

async function open(answer: () => Response): Promise<void> {
  serve({ '/api/v1/downloads': answer })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await act(async () =>
    render(
      <QueryClientProvider client={queries}>
        <DownloadsPage />
      </QueryClientProvider>,
    ),
  )
}

describe('DownloadsPage', () => {
  it('never says that nothing is downloaded where that is not known', async () => {
    const sources = [{ ...SOURCE, state: 'unknown', complete: false }]
    await open(() => json({ items: [], total: 0, page: 1, page_size: 100, complete: false, sources }))
    expect(await screen.findByText('This is not everything')).toBeDefined()
    expect(screen.getByText('No download is known')).toBeDefined()
    expect(screen.queryByText('Nothing is being downloaded')).toBeNull()
  })

  it('shows why nothing can be shown', async () => {
    await open(() => json(PROBLEM, 503))
    expect((await screen.findByRole('alert')).textContent).toContain('The database is being migrated.')
  })

  it('says that something else answered', async () => {
    await open(() => html())
    expect((await screen.findByRole('alert')).textContent).toContain('not one of AutoArr')
  })
})
