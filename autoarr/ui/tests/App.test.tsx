import { render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { App } from '../src/App.tsx'
import { ABOUT_PATH } from '../src/api/about.ts'
import { READINESS_PATH } from '../src/api/readiness.ts'
import { SILENT, serve } from './samples.ts'

describe('App', () => {
  beforeEach(() => {
    serve({ [READINESS_PATH]: SILENT, [ABOUT_PATH]: SILENT })
  })

  it.each(['/', '/index.html'])('shows the status at %s', (path) => {
    render(<App path={path} />)
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Checking')
  })

  it('says that another page is not there, and leads home', () => {
    render(<App path="/services/3" />)
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Page not found')
    expect(screen.getByText('/services/3')).toBeDefined()
    expect(screen.getByRole('link', { name: 'Go to the status page' }).getAttribute('href')).toBe('/')
    expect(document.title).toBe('Page not found · AutoArr')
  })

  it('has landmarks, with a way home', () => {
    render(<App path="/" />)
    expect(screen.getByRole('main')).toBeDefined()
    expect(screen.getByRole('banner').querySelector('a')?.getAttribute('href')).toBe('/')
  })
})
