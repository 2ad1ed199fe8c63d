import { act, fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { Confirm } from '../../src/components/Confirm.tsx'

async function confirm(run: () => Promise<void>): Promise<() => void> {
  const onClose = vi.fn()
  render(
    <Confirm title="Remove it?" deed="Remove" run={run} onClose={onClose}>
      <p>It is lost.</p>
    </Confirm>,
  )
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Remove' })))
  return onClose
}

describe('Confirm', () => {
  it('closes when it is done', async () => {
    expect(await confirm(() => Promise.resolve())).toHaveBeenCalled()
  })

  it('stays, and says why, when it is refused', async () => {
    const onClose = await confirm(() => Promise.reject(new Error('It is the last one.')))
    expect(screen.getByRole('alert').textContent).toContain('It is the last one.')
    expect(onClose).not.toHaveBeenCalled()
  })
})
