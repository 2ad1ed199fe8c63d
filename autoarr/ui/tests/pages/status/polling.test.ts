import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { INTERVAL_MS, startPolling } from '../../../src/pages/status/polling.ts'
import { setHidden } from '../../samples.ts'

describe('startPolling', () => {
  let stop = () => {}
  const check = vi.fn<(signal: AbortSignal) => Promise<void>>()

  function start() {
    stop = startPolling(check)
  }

  beforeEach(() => {
    vi.useFakeTimers()
    setHidden(false)
    check.mockReset().mockResolvedValue()
  })
  afterEach(() => {
    stop()
    vi.useRealTimers()
  })

  it('checks at once, then at each interval', async () => {
    start()
    expect(check).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(INTERVAL_MS - 1)
    expect(check).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(check).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS)
    expect(check).toHaveBeenCalledTimes(5)
  })

  it('never runs two checks at a time', async () => {
    let finish = () => {}
    check.mockImplementation(() => new Promise((resolve) => (finish = resolve)))
    start()
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS)
    setHidden(true)
    setHidden(false)
    expect(check).toHaveBeenCalledTimes(1)
    finish()
    await vi.advanceTimersByTimeAsync(INTERVAL_MS)
    expect(check).toHaveBeenCalledTimes(2)
  })

  it('rests while the page is hidden and checks at once on return', async () => {
    start()
    await vi.advanceTimersByTimeAsync(0)
    setHidden(true)
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS)
    expect(check).toHaveBeenCalledTimes(1)
    setHidden(false)
    expect(check).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(INTERVAL_MS)
    expect(check).toHaveBeenCalledTimes(3)
  })

  it('checks once in a page opened in the background', async () => {
    setHidden(true)
    start()
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS)
    expect(check).toHaveBeenCalledTimes(1)
  })

  it('keeps one rhythm when the page is shown twice', async () => {
    start()
    await vi.advanceTimersByTimeAsync(INTERVAL_MS / 2)
    setHidden(false)
    expect(check).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(INTERVAL_MS)
    expect(check).toHaveBeenCalledTimes(3)
  })

  it('stops, along with a running check', async () => {
    check.mockImplementation(() => new Promise(() => {}))
    start()
    stop()
    expect(check.mock.calls[0]?.[0].aborted).toBe(true)
    setHidden(false)
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS)
    expect(check).toHaveBeenCalledTimes(1)
  })
})
