import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import FindingPage from '../../../src/pages/findings/FindingPage.tsx'
import { json, type Respond, serve } from '../../samples.ts'

const ID = 'b1f0a0f4-5d2c-4f6e-9a53-0a1c2d3e4f50'
const PATH = `/api/v1/findings/${ID}`

const FINDING = {
  id: ID,
  audit_id: null,
  service_id: ID,
  rule: 'arr.rename',
  subject: '',
  verdict: 'failed',
  unknown_because: null,
  severity: 'warning',
  title: 'Files are renamed on import',
  found: false,
  wanted: true,
  reason: 'Names keep what is known of a file.',
  source: 'https://trash-guides.info/Radarr/',
  fix: { resource: 'config/naming', fields: { renameMovies: true } },
  ignored_because: null,
  ignored_by: null,
  ignored_at: null,
  first_seen_at: '2026-01-31T12:00:00Z',
  last_seen_at: '2026-01-31T12:00:00Z',
  service_name: 'Radarr',
  kind: 'radarr',
  call: 'PUT /api/v3/config/naming/1 {..., "renameMovies": true}',
}

const PLAN = {
  resource: 'config/naming',
  fields: [{ field: 'renameMovies', before: false, after: true }],
  call: FINDING.call,
  already: false,
  fingerprint: 'f'.repeat(64),
}

const CHANGE = {
  id: ID,
  service_id: ID,
  service_name: 'Radarr',
  finding_id: ID,
  reverts_id: null,
  state: 'applied',
  resource: 'config/naming',
  fields: PLAN.fields,
  actor: 'Ada',
  error: null,
  created_at: '2026-01-31T12:00:00Z',
  finished_at: null,
}

function show(routes: Record<string, Respond> = {}, changes: unknown[] = []) {
  serve({
    [PATH]: () => json(FINDING),
    '/api/v1/changes': () => json({ items: changes, total: changes.length, page: 1, page_size: 50 }),
    [`${PATH}/preview`]: () => json(PLAN),
    ...routes,
  })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={queries}>
      <FindingPage id={ID} />
    </QueryClientProvider>,
  )
}

describe('FindingPage', () => {
  beforeEach(() => {
    // There is no top layer here.
    HTMLDialogElement.prototype.showModal = vi.fn(function (this: HTMLDialogElement) {
      this.open = true
    })
  })

  it('previews before it writes, and writes what was previewed', async () => {
    const apply = vi.fn(() => json(CHANGE))
    show({ [`${PATH}/apply`]: apply })
    fireEvent.click(await screen.findByText('Preview the fix'))
    const dialog = within(await screen.findByRole('dialog'))
    await dialog.findByText('renameMovies')
    expect(apply).not.toHaveBeenCalled()
    fireEvent.click(dialog.getByText('Apply'))
    await vi.waitFor(() => expect(apply).toHaveBeenCalledOnce())
    await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  })

  it('says that it changed meanwhile, and previews again', async () => {
    const problem = { type: 'about:blank', title: 'Conflict', status: 409, detail: 'It is on by now.' }
    show({ [`${PATH}/apply`]: () => json(problem, 409) })
    fireEvent.click(await screen.findByText('Preview the fix'))
    fireEvent.click(await screen.findByText('Apply'))
    const alert = await screen.findByRole('alert')
    expect(alert.textContent).toContain('It changed meanwhile')
    expect(alert.textContent).toContain('It is on by now.')
    expect(screen.queryByText('Apply')).toBeNull()
    fireEvent.click(screen.getByText('Preview again'))
    await screen.findByText('Apply')
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('offers no fix where only a person can', async () => {
    show({ [PATH]: () => json({ ...FINDING, fix: null, call: null }) })
    await screen.findByText(/AutoArr can’t do this by itself/)
    expect(screen.queryByText('Preview the fix')).toBeNull()
  })

  it('offers to undo a change once', async () => {
    const undoing = { ...CHANGE, id: PATH, reverts_id: ID, state: 'unresolved' }
    show({}, [undoing, CHANGE])
    await screen.findByText('Undone since')
    expect(screen.queryByText('Undo this change')).toBeNull()
  })
})
