import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DISCONNECTED, json, type Respond, serve } from '../samples.ts'

const TOKENS = {
  access_token: 'token',
  token_type: 'bearer',
  expires_in: 600,
  refresh_expires_at: '2027-01-01T00:00:00Z',
}
const ME = { id: '1', name: 'ada', role: 'admin', via: 'session', session_id: '2' }

/** A WebSocket whose other end is the test. */
class Socket extends EventTarget {
  static readonly OPEN = 1
  static all: Socket[] = []
  readyState = 0
  sent: string[] = []

  readonly address: URL

  constructor(address: URL) {
    super()
    this.address = address
    Socket.all.push(this)
  }

  open(): void {
    this.readyState = Socket.OPEN
    this.dispatchEvent(new Event('open'))
  }

  say(kind: string): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ kind, data: {} }) }))
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(): void {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
}

class NoOtherTab extends EventTarget {
  postMessage(): void {}
}

let routes: Record<string, Respond>
let stop: () => void = () => {}

/** Logged in and listening, as in a page that was just loaded. */
async function begin() {
  vi.resetModules()
  const session = await import('../../src/api/session.ts')
  const live = await import('../../src/api/live.ts')
  const queries = new QueryClient()
  const invalidate = vi.spyOn(queries, 'invalidateQueries').mockResolvedValue()
  stop = live.startListening(queries)
  await session.logIn('ada', 'secret secret')
  await vi.advanceTimersByTimeAsync(0)
  return { session, live, queries, invalidate, socket: Socket.all[0] as Socket }
}

function concerned(invalidate: { mock: { calls: unknown[][] } }, path: string): boolean {
  const filters = invalidate.mock.calls.at(-1)?.[0] as { predicate: (query: unknown) => boolean }
  return filters.predicate({ queryKey: ['get', path, {}] })
}

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  Socket.all = []
  routes = { '/auth/login': () => json(TOKENS), '/auth/me': () => json(ME), '/auth/logout': () => json({}) }
  serve(routes)
  vi.stubGlobal('WebSocket', Socket)
  vi.stubGlobal('BroadcastChannel', NoOtherTab)
})

afterEach(() => {
  stop()
  vi.useRealTimers()
})

describe('live updates', () => {
  it('shows its token and is live once the server greets', async () => {
    const { live, socket, invalidate } = await begin()
    expect(socket.address.pathname).toBe('/api/v1/ws')
    expect(live.getConnection()).toBe('connecting')
    socket.open()
    expect(socket.sent).toEqual(['{"token":"token"}'])
    socket.say('hello')
    expect(live.getConnection()).toBe('live')
    expect(invalidate).toHaveBeenCalledTimes(1)
  })

  it('asks again, once, for what several events concern', async () => {
    const { socket, invalidate } = await begin()
    socket.open()
    socket.say('hello')
    invalidate.mockClear()
    socket.say('finding.changed')
    socket.say('recovery.changed')
    expect(invalidate).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(300)
    expect(invalidate).toHaveBeenCalledTimes(1)
    expect(concerned(invalidate, '/api/v1/findings')).toBe(true)
    expect(concerned(invalidate, '/api/v1/recoveries')).toBe(true)
    expect(concerned(invalidate, '/api/v1/users')).toBe(false)
  })

  it('says that it was lost, comes again later and later, and looks at everything then', async () => {
    const { live, socket, invalidate } = await begin()
    socket.open()
    socket.say('hello')
    socket.close()
    expect(live.getConnection()).toBe('lost')
    await vi.advanceTimersByTimeAsync(1300)
    expect(Socket.all).toHaveLength(2)
    Socket.all[1]?.close()
    await vi.advanceTimersByTimeAsync(1300)
    expect(Socket.all, 'it came again as soon as the first time').toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1300)
    expect(Socket.all).toHaveLength(3)
    invalidate.mockClear()
    Socket.all[2]?.open()
    Socket.all[2]?.say('hello')
    expect(live.getConnection()).toBe('live')
    expect(invalidate).toHaveBeenCalledTimes(1)
  })

  it('notices a connection that is dead without having closed', async () => {
    const { live, socket } = await begin()
    socket.open()
    socket.say('hello')
    await vi.advanceTimersByTimeAsync(26_000)
    expect(socket.sent.slice(1)).toEqual(['{"token":"token"}', 'ping'])
    await vi.advanceTimersByTimeAsync(5000)
    expect(live.getConnection()).toBe('lost')
  })

  it('keeps a connection that answers', async () => {
    const { live, socket } = await begin()
    socket.open()
    socket.say('hello')
    await vi.advanceTimersByTimeAsync(26_000)
    socket.say('pong')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(live.getConnection()).toBe('live')
  })

  it('goes on trying while the server is away', async () => {
    const { session, live, socket } = await begin()
    socket.open()
    socket.say('hello')
    routes['/auth/refresh'] = DISCONNECTED
    await vi.advanceTimersByTimeAsync(590_000)
    socket.close()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(session.getState().kind).toBe('in')
    expect(live.getConnection()).toBe('lost')
    routes['/auth/refresh'] = () => json(TOKENS)
    await vi.advanceTimersByTimeAsync(40_000)
    expect(Socket.all.length).toBeGreaterThan(1)
  })

  it('ends with the login, and forgets what was shown', async () => {
    const { session, queries, socket } = await begin()
    socket.open()
    socket.say('hello')
    queries.setQueryData(['get', '/api/v1/users'], { items: [] })
    await session.logOut()
    expect(socket.readyState).toBe(3)
    expect(queries.getQueryCache().getAll()).toEqual([])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(Socket.all).toHaveLength(1)
  })
})
