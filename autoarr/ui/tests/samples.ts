/** Answers as the server gives them, and a stand-in for the network that gives them. */
import { vi } from 'vitest'

export const READY = { status: 'ready', checks: { database: { status: 'ok', latency_ms: 1.25 } } }

export const UNAVAILABLE = {
  status: 'unavailable',
  checks: {
    database: { status: 'error', detail: 'no answer within 2 s' },
    redis: { status: 'ok', latency_ms: 0.4 },
  },
}

export const PROBLEM = {
  type: 'about:blank',
  title: 'Service Unavailable',
  status: 503,
  detail: 'The database is being migrated.',
}

export const ABOUT = {
  name: 'AutoArr',
  version: '0.1.0',
  revision: '4c1f3a1d9d8f0c7b6a5e4d3c2b1a0f9e8d7c6b5a',
  created: '2026-01-31T12:00:00Z',
  python: '3.11.2',
  implementation: 'CPython',
  libc: { name: 'musl', version: '1.2.5' },
  platform: 'linux/amd64',
  database: 'sqlite',
  started_at: '2026-01-31T12:30:00.250Z',
  uptime_s: 3600.5,
}

export function json(body: unknown, status = 200, type = 'application/json'): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type } })
}

export function html(status = 200): Response {
  return new Response('<!doctype html>', { status, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
}

/** What the network does with a request. It may reject, or never answer. */
export type Respond = (signal: AbortSignal) => Response | Promise<Response>

export const DISCONNECTED: Respond = () => Promise.reject(new TypeError('Failed to fetch'))

/** Like a server that accepts a connection and then says nothing. */
export const SILENT: Respond = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

/** Replaces `fetch` by what `routes` say at the time of a request, by path, whatever its query. */
export function serve(routes: Record<string, Respond>) {
  const fetch = vi.fn((input: string | Request, options?: { signal?: AbortSignal }) => {
    const { pathname } = new URL(typeof input === 'string' ? input : input.url, window.location.origin)
    const signal =
      options?.signal ?? (typeof input === 'string' ? new AbortController().signal : input.signal)
    const respond = routes[pathname]
    if (respond === undefined) {
      throw new Error(`unexpected request for ${pathname}`)
    }
    return Promise.resolve(respond(signal))
  })
  vi.stubGlobal('fetch', fetch)
  return fetch
}

let hidden = false

/** Lets the page be hidden or seen, as when the reader changes tabs. */
export function setHidden(value: boolean): void {
  hidden = value
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
  document.dispatchEvent(new Event('visibilitychange'))
}
