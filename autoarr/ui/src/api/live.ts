import type { QueryClient } from '@tanstack/react-query'
import { createStore } from '../store.ts'
import { accessToken, getState, subscribe as subscribeSession } from './session.ts'

/** How what happens is heard of: `live` at once, otherwise by asking now and then. */
export type Connection = 'connecting' | 'live' | 'lost'

/** Milliseconds between two looks where nothing tells of changes. */
export const FALLBACK_MS = 10_000

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000
/** Milliseconds after which a connection that says nothing is asked whether it is there. */
const PING_MS = 25_000
const PONG_MS = 5000

/** What the first word of an event's kind makes out of date: the beginnings of paths. */
const CONCERNS: Readonly<Record<string, readonly string[]>> = {
  audit: ['/api/v1/audits', '/api/v1/findings', '/api/v1/dashboard'],
  change: ['/api/v1/changes', '/api/v1/findings', '/api/v1/dashboard'],
  chat: ['/api/v1/chat'],
  confirmation: ['/api/v1/confirmations', '/api/v1/chat'],
  dashboard: ['/api/v1/dashboard', '/api/v1/downloads'],
  finding: ['/api/v1/findings', '/api/v1/dashboard'],
  job: ['/api/v1/jobs'],
  notification: ['/api/v1/notifications'],
  policy: ['/api/v1/policy'],
  recovery: ['/api/v1/recoveries', '/api/v1/downloads', '/api/v1/dashboard'],
  request: ['/api/v1/requests'],
  search: ['/api/v1/recoveries'],
  service: ['/api/v1/services', '/api/v1/dashboard'],
  session: ['/auth/sessions'],
  token: ['/api/v1/tokens'],
  user: ['/api/v1/users'],
}

/** Milliseconds for which events are gathered before what they concern is asked for again. */
const GATHER_MS = 250

const { get: getConnection, set, subscribe } = createStore<Connection>('connecting')

export { getConnection, subscribe }

/** Listens while somebody is logged in, and has `queries` asked again when an event concerns them. */
export function startListening(queries: QueryClient): () => void {
  let socket: WebSocket | null = null
  let retries = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let pinger: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  const outdated = new Set<string>()
  let gathering: ReturnType<typeof setTimeout> | undefined

  function refetch(): void {
    gathering = undefined
    const paths = [...outdated]
    outdated.clear()
    void queries.invalidateQueries({
      predicate: ({ queryKey }) => paths.some((path) => String(queryKey[1]).startsWith(path)),
    })
  }

  function hear(text: string): void {
    schedulePing()
    const { kind } = JSON.parse(text) as { kind: string }
    if (kind === 'hello') {
      retries = 0
      set('live')
      // What happened while nobody listened is not repeated.
      void queries.invalidateQueries()
    } else if (kind === 'lagged') {
      void queries.invalidateQueries()
    } else {
      for (const path of CONCERNS[kind.split('.')[0] ?? ''] ?? []) {
        outdated.add(path)
      }
      if (kind === 'dashboard.changed' || kind === 'activity') {
        outdated.add('/api/v1/activity')
      }
      gathering ??= setTimeout(refetch, GATHER_MS)
    }
  }

  function schedulePing(): void {
    clearTimeout(pinger)
    pinger = setTimeout(() => {
      void accessToken().then((token) => {
        if (socket?.readyState === WebSocket.OPEN && token !== null) {
          // The token again: it may have been renewed, and the server wants the new one before the old expires.
          socket.send(JSON.stringify({ token }))
          socket.send('ping')
          pinger = setTimeout(() => socket?.close(), PONG_MS)
        }
      }, retryLater)
    }, PING_MS)
  }

  function retryLater(): void {
    clearTimeout(timer)
    clearTimeout(pinger)
    socket = null
    if (stopped || getState().kind !== 'in') {
      return
    }
    set('lost')
    const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries) * (0.75 + Math.random() / 2)
    retries += 1
    timer = setTimeout(() => void connect(), delay)
  }

  async function connect(): Promise<void> {
    if (stopped || socket !== null || getState().kind !== 'in') {
      return
    }
    let token: string | null
    try {
      token = await accessToken()
    } catch {
      retryLater()
      return
    }
    if (stopped || socket !== null || token === null) {
      return
    }
    const address = new URL('/api/v1/ws', window.location.href)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    const opened = new WebSocket(address)
    socket = opened
    opened.addEventListener('open', () => opened.send(JSON.stringify({ token })))
    opened.addEventListener('message', (event: MessageEvent<string>) => hear(event.data))
    opened.addEventListener('close', () => {
      if (socket === opened) {
        retryLater()
      }
    })
  }

  function hurry(): void {
    if (socket === null) {
      clearTimeout(timer)
      void connect()
    }
  }

  function followSession(): void {
    if (getState().kind === 'in') {
      hurry()
    } else {
      clearTimeout(timer)
      socket?.close()
      socket = null
      queries.clear()
      set('connecting')
    }
  }

  const leave = subscribeSession(followSession)
  window.addEventListener('online', hurry)
  followSession()
  return () => {
    stopped = true
    leave()
    window.removeEventListener('online', hurry)
    clearTimeout(timer)
    clearTimeout(pinger)
    clearTimeout(gathering)
    socket?.close()
  }
}
