import { useEffect, useState } from 'react'

const TICK_MS = 1000

/**
 * The present, in milliseconds since the epoch, renewed every second: also while the page is hidden, where its
 * title can still be read and must not outlive what it says.
 */
export function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const tick = () => setNow(Date.now())
    const timer = setInterval(tick, TICK_MS)
    // Browsers slow the timers of a hidden page down, so the last tick may be old.
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [])
  return now
}
