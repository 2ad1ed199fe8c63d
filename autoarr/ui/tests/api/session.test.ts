import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DISCONNECTED, html, json, PROBLEM, type Respond, serve } from '../samples.ts'

const TOKENS = { token_type: 'bearer', expires_in: 600, refresh_expires_at: '2027-01-01T00:00:00Z' }
const ME = { id: '1', name: 'ada', role: 'admin', via: 'session', session_id: '2' }

let issued = 0
const issue: Respond = () => json({ ...TOKENS, access_token: `token-${++issued}` })

/** The module afresh, as in a page that was just loaded. */
async function load() {
  vi.resetModules()
  return await import('../../src/api/session.ts')
}

/** One page alone: the modules of earlier tests would hear of this one's tokens, as other tabs do. */
class NoOtherTab extends EventTarget {
  postMessage(): void {}
}

/** Another tab, which hears and says what tabs tell each other. */
class OtherTab extends EventTarget {
  static said: unknown[] = []
  static last: OtherTab
  constructor() {
    super()
    OtherTab.last = this
    OtherTab.said = []
  }
  postMessage(said: unknown): void {
    OtherTab.said.push(said)
  }
  says(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }))
  }
}

beforeEach(() => {
  issued = 0
  vi.stubGlobal('BroadcastChannel', NoOtherTab)
  localStorage.clear()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('session', () => {
  it('asks for nothing where nobody ever logged in', async () => {
    const fetch = serve({})
    const session = await load()
    await session.start()
    expect(session.getState()).toEqual({ kind: 'anonymous' })
    expect(fetch).not.toHaveBeenCalled()
  })

  it('logs in, and keeps no token where another page could read it', async () => {
    serve({ '/auth/login': issue, '/auth/me': () => json(ME) })
    const session = await load()
    await session.logIn('ada', 'secret secret')
    expect(session.getState()).toEqual({ kind: 'in', me: ME })
    expect(await session.accessToken()).toBe('token-1')
    expect(JSON.stringify({ ...localStorage })).not.toContain('token-1')
  })

  it('refreshes once for all who ask at the same time', async () => {
    localStorage.setItem('autoarr.session', 'yes')
    const fetch = serve({ '/auth/refresh': issue })
    const session = await load()
    const tokens = await Promise.all([session.accessToken(), session.accessToken(), session.accessToken()])
    expect(tokens).toEqual(['token-1', 'token-1', 'token-1'])
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  it('renews a token before it ends, and one that was refused', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    localStorage.setItem('autoarr.session', 'yes')
    serve({ '/auth/refresh': issue })
    const session = await load()
    expect(await session.accessToken()).toBe('token-1')
    expect(await session.accessToken('token-1')).toBe('token-2')
    expect(await session.accessToken('token-1')).toBe('token-2')
    vi.setSystemTime(Date.now() + 575_000)
    expect(await session.accessToken()).toBe('token-3')
  })

  it('says that a login has ended', async () => {
    localStorage.setItem('autoarr.session', 'yes')
    const fetch = serve({ '/auth/refresh': () => json({ ...PROBLEM, status: 401 }, 401) })
    const session = await load()
    await session.start()
    expect(session.getState()).toEqual({ kind: 'ended' })
    expect(await session.accessToken()).toBeNull()
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  it('does not take a server that is away for the end of the login', async () => {
    localStorage.setItem('autoarr.session', 'yes')
    const routes: Record<string, Respond> = { '/auth/refresh': DISCONNECTED }
    serve(routes)
    const session = await load()
    await session.start()
    expect(session.getState()).toMatchObject({ kind: 'failed', problem: { status: 0 } })
    Object.assign(routes, { '/auth/refresh': issue, '/auth/me': () => json(ME) })
    await session.start()
    expect(session.getState()).toEqual({ kind: 'in', me: ME })
  })

  it.each([
    ['a page of a proxy', () => html()],
    ['an empty object', () => json({})],
    ['a list', () => json([])],
  ])('does not take %s for a login, nor for the end of one', async (_, wrong) => {
    localStorage.setItem('autoarr.session', 'yes')
    const unexpected = { kind: 'failed', problem: { title: 'Unexpected answer' } }
    const routes: Record<string, Respond> = { '/auth/refresh': wrong, '/auth/me': () => json(ME) }
    serve(routes)
    const session = await load()
    await session.start()
    expect(session.getState()).toMatchObject(unexpected)
    Object.assign(routes, { '/auth/refresh': issue, '/auth/me': wrong })
    await session.start()
    expect(session.getState()).toMatchObject(unexpected)
    Object.assign(routes, { '/auth/me': () => json(ME) })
    await session.start()
    expect(session.getState()).toEqual({ kind: 'in', me: ME })
  })

  it('is out at once after a logout, also where the server does not answer', async () => {
    serve({ '/auth/login': issue, '/auth/me': () => json(ME), '/auth/logout': DISCONNECTED })
    const session = await load()
    await session.logIn('ada', 'secret secret')
    await session.logOut()
    expect(session.getState()).toEqual({ kind: 'anonymous' })
    expect(await session.accessToken()).toBeNull()
  })

  it('logs out at the server also where the token has expired meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const routes: Record<string, Respond> = { '/auth/login': issue, '/auth/me': () => json(ME) }
    const fetch = serve(routes)
    const session = await load()
    await session.logIn('ada', 'secret secret')
    vi.setSystemTime(Date.now() + 3_600_000)
    Object.assign(routes, {
      '/auth/refresh': issue,
      '/auth/logout': () => new Response(null, { status: 204 }),
    })
    await session.logOut()
    const [path, sent] = fetch.mock.lastCall as [string, RequestInit]
    expect([path, sent.headers]).toEqual(['/auth/logout', { Authorization: 'Bearer token-2' }])
    expect(session.getState()).toEqual({ kind: 'anonymous' })
    expect(await session.accessToken()).toBeNull()
  })

  it('ends in every tab, whichever hears of it', async () => {
    vi.stubGlobal('BroadcastChannel', OtherTab)
    serve({ '/auth/login': issue, '/auth/me': () => json(ME), '/auth/refresh': () => json(PROBLEM, 401) })
    const session = await load()
    await session.logIn('ada', 'secret secret')
    OtherTab.last.says({ kind: 'ended' })
    expect(session.getState()).toEqual({ kind: 'ended' })
    await session.logIn('ada', 'secret secret')
    expect(await session.accessToken('token-2')).toBeNull()
    expect(OtherTab.said.at(-1)).toEqual({ kind: 'ended' })
  })

  it('takes the token of another tab that had its turn, though its message comes after that', async () => {
    vi.stubGlobal('BroadcastChannel', OtherTab)
    localStorage.setItem('autoarr.session', 'yes')
    localStorage.setItem('autoarr.refreshing', `other ${Date.now() + 10_000}`)
    const fetch = serve({ '/auth/me': () => json(ME), '/auth/refresh': issue })
    const session = await load()
    const token = session.accessToken()
    localStorage.removeItem('autoarr.refreshing')
    await vi.waitFor(() => expect(localStorage.getItem('autoarr.refreshing')).not.toBeNull())
    await new Promise((resolve) => setTimeout(resolve, 100))
    OtherTab.last.says({ kind: 'renewed', access: { token: 'other', until: Date.now() + 600_000 } })
    expect(await token).toBe('other')
    expect(fetch.mock.calls.map(([path]) => path)).not.toContain('/auth/refresh')
  })

  it('refreshes by itself where a tab that had its turn says nothing', async () => {
    localStorage.setItem('autoarr.session', 'yes')
    localStorage.setItem('autoarr.refreshing', `other ${Date.now() + 50}`)
    serve({ '/auth/refresh': issue })
    const session = await load()
    expect(await session.accessToken()).toBe('token-1')
  })

  it('learns who is logged in where another tab has logged in', async () => {
    vi.stubGlobal('BroadcastChannel', OtherTab)
    const routes: Record<string, Respond> = { '/auth/login': issue, '/auth/me': () => json(ME) }
    serve(routes)
    const session = await load()
    await session.logIn('ada', 'secret secret')
    const robin = { ...ME, id: '3', name: 'robin', role: 'requester' }
    Object.assign(routes, { '/auth/me': () => json(robin) })
    const seen: string[] = []
    session.subscribe(() => seen.push(session.getState().kind))
    OtherTab.last.says({ kind: 'login', access: { token: 'other', until: Date.now() + 600_000 } })
    await vi.waitFor(() => expect(session.getState()).toEqual({ kind: 'in', me: robin }))
    // What was shown to the one before is forgotten in between.
    expect(seen).toEqual(['unknown', 'in'])
  })
})
