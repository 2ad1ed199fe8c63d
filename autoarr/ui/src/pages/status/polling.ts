/** Milliseconds between the end of one check and the start of the next. */
export const INTERVAL_MS = 5000

/**
 * Runs `check` now and then again and again, never twice at a time. It rests while the page is hidden and runs
 * at once when the page is back.
 *
 * @param check must not reject, and ends early when its signal aborts
 * @returns a function that stops it, along with a running check
 */
export function startPolling(check: (signal: AbortSignal) => Promise<void>): () => void {
  const stopped = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let running = false

  async function run(): Promise<void> {
    clearTimeout(timer)
    running = true
    await check(stopped.signal)
    running = false
    if (!stopped.signal.aborted && !document.hidden) {
      timer = setTimeout(() => void run(), INTERVAL_MS)
    }
  }

  function onVisibilityChange(): void {
    clearTimeout(timer)
    if (!document.hidden && !running) {
      void run()
    }
  }

  document.addEventListener('visibilitychange', onVisibilityChange, { signal: stopped.signal })
  void run()
  return () => {
    clearTimeout(timer)
    stopped.abort()
  }
}
