import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { ConfirmCard } from '../../../src/pages/chat/ConfirmCard.tsx'
import type { Confirmation } from '../../../src/pages/chat/items.ts'
import { json, PROBLEM, serve } from '../../samples.ts'

const OPEN: Confirmation = {
  id: 'c',
  tool: 'recover',
  preview: { summary: 'Retry: Series.', details: { title: { untrusted: '<b>Series</b>' } } },
  state: 'open',
  result: null,
  error: null,
  expires_at: new Date(Date.now() + 60_000).toISOString(),
}

function show(confirmation: Confirmation): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ConfirmCard confirmation={confirmation} />
    </QueryClientProvider>,
  )
}

async function press(name: string): Promise<void> {
  await act(async () => fireEvent.click(screen.getByRole('button', { name })))
}

describe('ConfirmCard', () => {
  beforeEach(() => {
    localStorage.clear()
  })

  it('shows what would be written, and what is from outside as text', () => {
    show(OPEN)
    expect(screen.getByText('Retry: Series.')).toBeDefined()
    expect(screen.getByText('<b>Series</b>')).toBeDefined()
  })

  it('says what became of it', async () => {
    serve({
      '/api/v1/chat/confirm': () => json({ ...OPEN, state: 'failed', error: 'It changed meanwhile.' }),
    })
    show(OPEN)
    await press('Confirm')
    expect(await screen.findByText('Failed')).toBeDefined()
    expect(screen.getByText(/It changed meanwhile/)).toBeDefined()
    expect(screen.queryByRole('button')).toBeNull()
  })

  it('can be decided again where the server refused', async () => {
    serve({ '/api/v1/chat/confirm': () => json(PROBLEM, 503) })
    show(OPEN)
    await press('Decline')
    expect((await screen.findByRole('alert')).textContent).toContain('The database is being migrated.')
    expect(screen.getByRole('button', { name: 'Confirm' })).toHaveProperty('disabled', false)
  })

  it('can not be confirmed once its time is over', () => {
    show({ ...OPEN, expires_at: new Date(Date.now() - 1).toISOString() })
    expect(screen.getByText('Expired')).toBeDefined()
    expect(screen.queryByRole('button')).toBeNull()
  })
})
