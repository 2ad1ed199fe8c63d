const KEY = 'autoarr.refreshing'

/** Milliseconds after which a tab that took the lock is thought to be gone. */
const EXPIRES_MS = 10_000
const POLL_MS = 60

/**
 * Runs `work` in one tab at a time. A refresh token works once, so two tabs must not use the same.
 *
 * Browsers offer the Web Locks API to pages from HTTPS and from this machine only. Others get a lock in localStorage,
 * which two tabs can take in the same instant only if both write within one `POLL_MS`.
 */
export async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager | null }).locks
  if (locks) {
    return await locks.request(KEY, work)
  }
  const owner = `${Math.random()}`
  await take(owner)
  try {
    return await work()
  } finally {
    if (read()?.owner === owner) {
      localStorage.removeItem(KEY)
    }
  }
}

interface Held {
  owner: string
  until: number
}

function read(): Held | null {
  const [owner, until] = (localStorage.getItem(KEY) ?? '').split(' ')
  return owner && Number(until) > Date.now() ? { owner, until: Number(until) } : null
}

async function take(owner: string): Promise<void> {
  for (;;) {
    if (read() === null) {
      localStorage.setItem(KEY, `${owner} ${Date.now() + EXPIRES_MS}`)
      await pause(POLL_MS)
      if (read()?.owner === owner) {
        return
      }
    } else {
      await pause(POLL_MS)
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
