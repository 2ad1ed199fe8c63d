import { render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ErrorBoundary } from '../src/ErrorBoundary.tsx'

function Throws({ thrown }: { thrown: unknown }): never {
  throw thrown
}

describe('ErrorBoundary', () => {
  beforeEach(() => {
    // React reports what a boundary caught; here it is expected.
    vi.spyOn(console, 'error').mockImplementation(() => {})
  })

  it('shows its children', () => {
    render(<ErrorBoundary>fine</ErrorBoundary>)
    expect(screen.getByText('fine')).toBeDefined()
  })

  it.each([
    [new TypeError('no such thing'), 'TypeError: no such thing'],
    ['a string', 'Error: a string'],
  ])('says what failed in place of a white page: %s', (thrown, shown) => {
    render(
      <ErrorBoundary>
        <Throws thrown={thrown} />
      </ErrorBoundary>,
    )
    expect(screen.getByRole('alert').textContent).toContain(shown)
    // The same page, and no second frame around it.
    expect(screen.getByRole('link').getAttribute('href')).toBe(window.location.href)
    expect(screen.queryByRole('main')).toBeNull()
    expect(document.title).toBe('Page failed · AutoArr')
  })
})
