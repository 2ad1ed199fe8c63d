import { createStore } from '../store.ts'
import { amount, demand, field, type JsonObject, object, oneOf, orNull, text } from './guards.ts'
import { exclusively, pause } from './lock.ts'
import { asProblem, type Problem, readProblem, unexpected, unreachable } from './problem.ts'
import type { components } from './schema.d.ts'

export type Me = components['schemas']['Me']

/** Whether somebody is logged in here. `ended` is a login that was good and no longer is. */
export type State =
  | { kind: 'unknown' }
  | { kind: 'anonymous' }
  | { kind: 'ended' }
  | { kind: 'in'; me: Me }
  | { kind: 'failed'; problem: Problem }

/** Says that this browser has a refresh cookie, which scripts can't see: without one, none is asked for. */
const FLAG = 'autoarr.session'

/** Milliseconds before its end at which an access token is renewed. */
const MARGIN_MS = 30_000

/** Milliseconds that another tab's message may take longer than its turn. */
const HEARD_MS = 250
const HEARD_POLL_MS = 25

interface Access {
  token: string
  /** Milliseconds since the epoch. */
  until: number
}

let access: Access | null = null
let renewing: Promise<Access | null> | null = null

const { get: getState, set, subscribe } = createStore<State>({ kind: 'unknown' })

export { getState, subscribe }

/** What tabs tell each other; never written to a disk. */
type Said =
  /** There is a new token: one refresh serves all. */
  | { kind: 'renewed'; access: Access }
  /** Somebody logged in, perhaps another than before. */
  | { kind: 'login'; access: Access }
  /** The login is over: by a logout, or because the server says so. */
  | { kind: 'logout' | 'ended' }

const channel = new BroadcastChannel('autoarr.session')
channel.addEventListener('message', ({ data }: MessageEvent<Said>) => {
  if (data.kind === 'renewed' || data.kind === 'login') {
    access = data.access
    if (data.kind === 'login' && getState().kind === 'in') {
      set({ kind: 'unknown' })
    }
    if (getState().kind !== 'in') {
      void start()
    }
  } else {
    access = null
    set({ kind: data.kind === 'ended' ? 'ended' : 'anonymous' })
  }
})

function tell(said: Said): void {
  channel.postMessage(said)
}

function isGood(one: Access | null): one is Access {
  return one !== null && one.until - MARGIN_MS > Date.now()
}

/**
 * The access token, renewed where it is about to end.
 *
 * @param refused a token that the server just refused: whatever its end, another is wanted
 * @returns null where nobody is logged in, or no longer
 * @throws Problem when the server doesn't answer: the login may be good all the same
 */
export async function accessToken(refused?: string): Promise<string | null> {
  if (isWanted(access, refused)) {
    return access.token
  }
  if (localStorage.getItem(FLAG) === null) {
    return null
  }
  renewing ??= exclusively((waited) => renew(refused, waited)).finally(() => {
    renewing = null
  })
  return (await renewing)?.token ?? null
}

function isWanted(one: Access | null, refused: string | undefined): one is Access {
  return isGood(one) && one.token !== refused
}

async function renew(refused: string | undefined, waited: boolean): Promise<Access | null> {
  // Another tab may have done it while this one waited for its turn, and its message may come after the turn.
  for (let left = waited ? HEARD_MS : 0; left > 0 && !isWanted(access, refused); left -= HEARD_POLL_MS) {
    await pause(HEARD_POLL_MS)
  }
  if (isWanted(access, refused)) {
    return access
  }
  const response = await send('/auth/refresh', { method: 'POST' })
  if (response.status === 401) {
    forget()
    set({ kind: 'ended' })
    tell({ kind: 'ended' })
    return null
  }
  return await take(response, 'renewed')
}

async function take(response: Response, kind: 'renewed' | 'login'): Promise<Access> {
  access = await read(response, readAccess)
  localStorage.setItem(FLAG, 'yes')
  tell({ kind, access })
  return access
}

function readAccess(tokens: JsonObject): Access {
  return {
    token: field(tokens, 'access_token', text),
    until: Date.now() + field(tokens, 'expires_in', amount) * 1000,
  }
}

function readMe(me: JsonObject): Me {
  return {
    id: field(me, 'id', text),
    name: field(me, 'name', text),
    role: field(me, 'role', oneOf('admin', 'requester')),
    via: field(me, 'via', oneOf('session', 'token')),
    session_id: field(me, 'session_id', orNull(text)),
  }
}

/** What an answer holds. Nobody is logged in, or out, by one that something else gave. @throws Problem */
async function read<T>(response: Response, understand: (body: JsonObject) => T): Promise<T> {
  if (!response.ok) {
    throw await readProblem(response)
  }
  try {
    return understand(demand(await response.json(), object, ''))
  } catch {
    throw unexpected(response.status)
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { cache: 'no-store', ...init })
  } catch {
    throw unreachable()
  }
}

/** Finds out who is logged in, from what an earlier page left. */
export async function start(): Promise<void> {
  try {
    const token = await accessToken()
    if (token === null) {
      if (getState().kind !== 'ended') {
        set({ kind: 'anonymous' })
      }
      return
    }
    const response = await send('/auth/me', { headers: { Authorization: `Bearer ${token}` } })
    set({ kind: 'in', me: await read(response, readMe) })
  } catch (error) {
    set({ kind: 'failed', problem: asProblem(error) })
  }
}

/** @throws Problem when it is refused */
export async function logIn(name: string, password: string): Promise<void> {
  const response = await send('/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, password, cookie: true }),
  })
  await take(response, 'login')
  await start()
}

/** Ends the login, here at once and at the server when it answers. */
export async function logOut(): Promise<void> {
  const last = access
  forget()
  set({ kind: 'anonymous' })
  tell({ kind: 'logout' })
  try {
    const token = isGood(last) ? last.token : await exclusively(lastToken)
    await send('/auth/logout', { method: 'POST', headers: { Authorization: `Bearer ${token}` } })
  } catch {
    // The cookie stays until it expires; this browser no longer uses it.
  }
}

/** A token to log out by: the server takes none that has expired. */
async function lastToken(): Promise<string> {
  return (await read(await send('/auth/refresh', { method: 'POST' }), readAccess)).token
}

function forget(): void {
  access = null
  localStorage.removeItem(FLAG)
}
