import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { ServiceForm } from '../../../src/pages/services/ServiceForm.tsx'
import { json, serve } from '../../samples.ts'
import { SONARR } from './samples.ts'

const REFUSED = {
  ok: false,
  cause: 'authentication',
  detail: 'It refused access (401).',
  advice: 'check its API key',
}

function show(onDone: (service: unknown) => void): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ServiceForm service={null} kind="sonarr" taken={[]} onDone={onDone} />
    </QueryClientProvider>,
  )
  fireEvent.change(screen.getByLabelText('Address'), { target: { value: 'http://sonarr:8989' } })
  fireEvent.change(screen.getByLabelText('API key'), { target: { value: 'key' } })
}

async function press(name: string): Promise<void> {
  await act(async () => fireEvent.click(screen.getByRole('button', { name })))
}

describe('ServiceForm', () => {
  it('adds nothing that fails its test, and says why and what to do', async () => {
    const fetch = serve({ '/api/v1/services/test': () => json(REFUSED) })
    const onDone = vi.fn()
    show(onDone)
    await press('Test and add Sonarr')
    const alert = (await screen.findByRole('alert')).textContent
    expect(alert).toContain('It refuses the key')
    expect(alert).toContain('Check its API key.')
    expect(fetch).toHaveBeenCalledTimes(1)
    expect(onDone).not.toHaveBeenCalled()
  })

  it('adds it all the same when that is wanted', async () => {
    serve({ '/api/v1/services/test': () => json(REFUSED), '/api/v1/services': () => json(SONARR, 201) })
    const onDone = vi.fn()
    show(onDone)
    await press('Test and add Sonarr')
    await screen.findByRole('alert')
    await press('Add it all the same')
    await vi.waitFor(() => expect(onDone).toHaveBeenCalledWith(SONARR))
  })

  it('forgets an outcome when the address is changed', async () => {
    serve({ '/api/v1/services/test': () => json(REFUSED) })
    show(vi.fn())
    await press('Test and add Sonarr')
    await screen.findByRole('alert')
    fireEvent.change(screen.getByLabelText('API key'), { target: { value: 'another' } })
    expect(screen.queryByRole('alert')).toBeNull()
  })
})
