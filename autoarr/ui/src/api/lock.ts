const KEY = 'autoarr.refreshing'

/** Milliseconds after which a tab that took the lock is thought to be gone. */
const EXPIRES_MS = 10_000
const POLL_MS = 60

/**
 * Runs `work` in one tab at a time. A refresh token works once, so two tabs must not use the same.
 *
 * Browsers offer the Web Locks API to pages from HTTPS and from this machine only. Others get a lock in localStorage,
 * which two tabs can take in the same instant only if both write within one `POLL_MS`.
 *
 * @param work is told whether it had to wait for its turn
 */
export async function exclusively<T>(work: (waited: boolean) => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager | null }).locks
  if (locks) {
    const atOnce = await locks.request(KEY, { ifAvailable: true }, async (lock) =>
      lock === null ? null : { result: await work(false) },
    )
    return atOnce === null ? await locks.request(KEY, () => work(true)) : atOnce.result
  }
  const owner = `${Math.random()}`
  const waited = await take(owner)
  try {
    return await work(waited)
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

/** @returns whether somebody else had it */
async function take(owner: string): Promise<boolean> {
  for (let waited = false; ; ) {
    if (read() === null) {
      localStorage.setItem(KEY, `${owner} ${Date.now() + EXPIRES_MS}`)
      await pause(POLL_MS)
      if (read()?.owner === owner) {
        return waited
      }
    } else {
      await pause(POLL_MS)
    }
    waited = true
  }
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
