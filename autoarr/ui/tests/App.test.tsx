import { act, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { App } from '../src/App.tsx'
import { json, PROBLEM, serve } from './samples.ts'

describe('App', () => {
  beforeEach(() => {
    localStorage.clear()
  })

  it('asks who it is where nobody is logged in, whatever the page', async () => {
    window.history.replaceState(null, '', '/findings')
    serve({ '/auth/setup': () => json({ done: true }) })
    await act(async () => render(<App />))
    expect((await screen.findByRole('heading', { level: 1 })).textContent).toBe('Log in to AutoArr')
    expect(screen.getByLabelText('Password')).toBeDefined()
  })

  it('says what the server said where it can not answer', async () => {
    serve({ '/auth/setup': () => json(PROBLEM, 503) })
    await act(async () => render(<App />))
    expect((await screen.findByRole('alert')).textContent).toContain('The database is being migrated.')
  })
})
