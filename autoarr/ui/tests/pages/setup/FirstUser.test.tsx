import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import FirstUser from '../../../src/pages/setup/FirstUser.tsx'
import { json, serve } from '../../samples.ts'

const PASSWORD = 'correct horse battery'
const USER = { id: '1', name: 'Ada', role: 'admin' }

async function enter(name: string, password: string, repeat: string): Promise<void> {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <FirstUser />
    </QueryClientProvider>,
  )
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: name } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: password } })
  fireEvent.change(screen.getByLabelText('Password once more'), { target: { value: repeat } })
  await act(async () => fireEvent.submit(screen.getByRole('form')))
}

describe('FirstUser', () => {
  beforeEach(() => {
    localStorage.clear()
    window.history.replaceState(null, '', '/')
  })

  it('sends nothing while the passwords differ, and goes to the field', async () => {
    const fetch = serve({})
    await enter('Ada', PASSWORD, 'another one')
    expect(screen.getByText('It is not the same as above.')).toBeDefined()
    expect(document.activeElement).toBe(screen.getByLabelText('Password once more'))
    expect(fetch).not.toHaveBeenCalled()
  })

  it('shows what the server says of a field at that field', async () => {
    const errors = [{ location: ['body', 'name'], message: 'Value error, it has to begin visibly' }]
    serve({
      '/auth/setup': () =>
        json({ title: 'Unprocessable', status: 422, errors }, 422, 'application/problem+json'),
    })
    await enter(' Ada', PASSWORD, PASSWORD)
    await vi.waitFor(() => expect(screen.getByText('It has to begin visibly')).toBeDefined())
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('logs in and leads to the setup', async () => {
    serve({
      '/auth/setup': () => json(USER, 201),
      '/auth/login': () =>
        json({ access_token: 'token', expires_in: 900, refresh_expires_at: '2026-02-28T12:00:00Z' }),
      '/auth/me': () => json({ ...USER, via: 'session', session_id: '2' }),
    })
    await enter('Ada', PASSWORD, PASSWORD)
    await vi.waitFor(() => expect(window.location.pathname).toBe('/setup'))
  })
})
