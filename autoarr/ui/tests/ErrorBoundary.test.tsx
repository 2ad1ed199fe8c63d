import { cleanup, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as live from '../src/api/live.ts'
import { ErrorBoundary } from '../src/ErrorBoundary.tsx'
import { UnloadedError } from '../src/lazily.ts'

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

  describe('where a part could not be fetched', () => {
    beforeEach(() => {
      sessionStorage.clear()
      vi.spyOn(window.location, 'reload').mockImplementation(() => {})
    })

    function show(): void {
      render(
        <ErrorBoundary>
          <Throws thrown={new UnloadedError()} />
        </ErrorBoundary>,
      )
    }

    it('says so, and waits for the server', () => {
      show()
      expect(screen.getByRole('alert').textContent).toContain('This could not be loaded')
      expect(window.location.reload).not.toHaveBeenCalled()
      screen.getByRole('button', { name: 'Try again' }).click()
      expect(window.location.reload).toHaveBeenCalledTimes(1)
    })

    it('loads it by itself when the server is there, but not for ever', () => {
      vi.spyOn(live, 'getConnection').mockReturnValue('live')
      show()
      expect(window.location.reload).toHaveBeenCalledTimes(1)
      cleanup()
      show()
      expect(window.location.reload).toHaveBeenCalledTimes(1)
    })
  })
})
