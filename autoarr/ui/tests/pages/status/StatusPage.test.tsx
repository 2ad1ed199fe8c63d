import { act, render, screen, within } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ABOUT_PATH } from '../../../src/api/about.ts'
import { DEADLINE_MS } from '../../../src/api/ask.ts'
import { READINESS_PATH } from '../../../src/api/readiness.ts'
import { INTERVAL_MS } from '../../../src/pages/status/polling.ts'
import StatusPage from '../../../src/pages/status/StatusPage.tsx'
import {
  ABOUT,
  DISCONNECTED,
  html,
  json,
  PROBLEM,
  READY,
  type Respond,
  SILENT,
  serve,
  setHidden,
  UNAVAILABLE,
} from '../../samples.ts'

const ready: Respond = () => json(READY)
const about: Respond = () => json(ABOUT)

async function pass(milliseconds: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(milliseconds))
}

const statement = () => screen.getByRole('status').textContent
const checks = () => within(screen.getByRole('region', { name: 'Checks' }))
const build = () => within(screen.getByRole('region', { name: 'This build' }))
const fact = (term: string) => build().getByText(term).nextElementSibling?.textContent

describe('StatusPage', () => {
  const routes = { [READINESS_PATH]: ready, [ABOUT_PATH]: about }
  let fetch: ReturnType<typeof serve>

  async function show(readiness: Respond = ready, build: Respond = about) {
    routes[READINESS_PATH] = readiness
    routes[ABOUT_PATH] = build
    render(<StatusPage />)
    await pass(0)
  }

  const requests = (path: string) => fetch.mock.calls.filter(([asked]) => asked === path).length

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-01-31T13:30:00') })
    setHidden(false)
    routes[READINESS_PATH] = ready
    routes[ABOUT_PATH] = about
    fetch = serve(routes)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('claims nothing before the first answer', async () => {
    await show(SILENT, SILENT)
    expect(statement()).toBe('CheckingWaiting for the first answer.')
    expect(document.title).toBe('Checking · AutoArr')
    expect(screen.getByText('Not checked yet')).toBeDefined()
    expect(checks().getByRole('listitem').textContent).toBe('Unknown')
    expect(build().getAllByText('Unknown')).toHaveLength(9)
  })

  it('shows a ready server and its build', async () => {
    await show()
    expect(statement()).toBe('ReadyEvery check passed.')
    expect(document.title).toBe('Ready · AutoArr')
    expect(checks().getByRole('listitem').textContent).toBe('databaseok, 1.3 ms')
    expect(fact('Version')).toBe('0.1.0')
    expect(fact('Revision')).toBe('4c1f3a1d9d8f')
    expect(fact('C library')).toBe('musl 1.2.5')
    expect(fact('Python')).toBe('CPython 3.11.2')
    expect(fact('Database')).toBe('SQLite')
    expect(fact('Uptime')).toBe('1 h 0 min')
    expect(screen.queryByText(/stale|unknown/i)).toBeNull()
  })

  it('shows which check failed and why', async () => {
    await show(() => json(UNAVAILABLE, 503))
    expect(statement()).toBe('Not readydatabase: no answer within 2 s')
    expect(document.title).toBe('Not ready · AutoArr')
    const rows = checks().getAllByRole('listitem')
    expect(rows.map((row) => row.textContent)).toEqual([
      'databaseerror, no answer within 2 s',
      'redisok, 0.4 ms',
    ])
  })

  it('shows the reason of a problem', async () => {
    await show(() => json(PROBLEM, 503, 'application/problem+json'))
    expect(statement()).toBe('Not readyThe database is being migrated.')
    expect(checks().getByRole('listitem').textContent).toBe('The server names no checks')
  })

  it('says what was not recorded or recognized', async () => {
    const libc = { name: 'unknown', version: null }
    await show(ready, () => json({ ...ABOUT, revision: null, created: null, libc }))
    expect(fact('Revision')).toBe('Not recorded')
    expect(fact('Built')).toBe('Not recorded')
    expect(fact('C library')).toBe('Not recognized')
  })

  it('keeps what it knew, marked with its age, when the server is gone, and recovers', async () => {
    await show()
    routes[READINESS_PATH] = DISCONNECTED
    routes[ABOUT_PATH] = DISCONNECTED
    await pass(INTERVAL_MS)
    expect(statement()).toBe('UnreachableThe server did not answer.')
    expect(document.title).toBe('Unreachable · AutoArr')
    expect(screen.getByText(/Last known/).textContent).toBe('Last known: ready, 5 s ago')
    expect(screen.getByText(/Last checked/).textContent).toBe('Last checked 13:30:05, 0 s ago')
    expect(checks().getByText(/Stale/).textContent).toBe('Stale: 5 s old')
    expect(checks().getByRole('listitem').textContent).toBe('databasewas ok, 1.3 ms')
    expect(build().getByText(/Stale/)).toBeDefined()
    expect(fact('Version')).toBe('0.1.0')

    await pass(2000)
    expect(screen.getByText(/Last known/).textContent).toContain('7 s ago')
    expect(screen.getByText(/Last checked/).textContent).toContain('2 s ago')

    routes[READINESS_PATH] = ready
    routes[ABOUT_PATH] = about
    await pass(INTERVAL_MS)
    expect(statement()).toBe('ReadyEvery check passed.')
    expect(screen.queryByText(/Stale|Last known/)).toBeNull()
  })

  it('never turns unknown into ready or zero when the server was never there', async () => {
    await show(DISCONNECTED, DISCONNECTED)
    expect(statement()).toBe('UnreachableThe server did not answer.')
    expect(checks().getByRole('listitem').textContent).toBe('Unknown')
    expect(fact('Uptime')).toBe('Unknown')
    expect(screen.queryByText(/Last known|Stale/)).toBeNull()
  })

  it('tells a silent server from a slow one', async () => {
    await show(SILENT)
    await pass(DEADLINE_MS)
    expect(statement()).toBe('UnreachableNo answer within 4 s.')
  })

  it('says what is wrong with a broken answer', async () => {
    await show(
      () => html(),
      () => json({ ...ABOUT, version: undefined }),
    )
    expect(statement()).toBe(
      `Unexpected answer${READINESS_PATH} answered with HTTP 200: expected JSON, got text/html`,
    )
    expect(
      build().getByText(`${ABOUT_PATH} answered with HTTP 200: version: expected text, got nothing`),
    ).toBeDefined()
    expect(fact('Version')).toBe('Unknown')
  })

  it('lets uptime run while it is fresh and rest when it is not', async () => {
    await show(ready, () => json({ ...ABOUT, uptime_s: 10 }))
    await pass(3000)
    expect(fact('Uptime')).toBe('13 s')
    routes[ABOUT_PATH] = DISCONNECTED
    await pass(INTERVAL_MS)
    expect(fact('Uptime')).toBe('10 s')
  })

  it('does not trust what it knew when the page returns after a long time', async () => {
    await show()
    setHidden(true)
    await pass(60_000)
    expect(requests(READINESS_PATH)).toBe(1)
    expect(document.title).toBe('Out of date · AutoArr')
    routes[READINESS_PATH] = SILENT
    act(() => setHidden(false))
    expect(requests(READINESS_PATH)).toBe(2)
    expect(statement()).toBe('Out of dateThe last answer is too old to count.')
    expect(screen.getByText(/Last known/).textContent).toBe('Last known: ready, 1 min 0 s ago')
  })

  it('keeps what ticks out of what is read aloud', async () => {
    await show()
    const before = statement()
    await pass(3000)
    expect(screen.getByText(/Last checked/).textContent).toContain('3 s ago')
    expect(statement()).toBe(before)
  })

  it('does not take a check it called off itself for a failure', async () => {
    routes[READINESS_PATH] = SILENT
    render(
      <StrictMode>
        <StatusPage />
      </StrictMode>,
    )
    await pass(0)
    expect(statement()).toBe('CheckingWaiting for the first answer.')
  })

  it('asks once at a time, also when effects run twice, and stops with the page', async () => {
    const { unmount } = render(
      <StrictMode>
        <StatusPage />
      </StrictMode>,
    )
    await pass(0)
    const atStart = requests(READINESS_PATH)
    await pass(INTERVAL_MS)
    expect(requests(READINESS_PATH)).toBe(atStart + 1)
    unmount()
    await pass(10 * INTERVAL_MS)
    expect(requests(READINESS_PATH)).toBe(atStart + 1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
