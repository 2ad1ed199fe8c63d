import { api } from '../../api/client.ts'
import type { Schema, ServiceKind } from '../../api/types.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'

type Service = Schema<'ServiceView'>
type Audit = Schema<'AuditView'>

export type Step = ServiceKind | 'audit' | 'done'

/** The order in which services are connected. */
export const KINDS: readonly ServiceKind[] = ['sonarr', 'radarr', 'sabnzbd', 'plex']
export const STEPS: readonly Step[] = [...KINDS, 'audit', 'done']

/** Whether a word of the address names a step. */
export function isStep(word: string | null): word is Step {
  return STEPS.some((step) => step === word)
}

/** How far the setup is, as the server's state says; nothing of it is kept by the browser. */
export interface SetupProgress {
  services: Readonly<Record<ServiceKind, readonly Service[]>>
  /** The newest audit, which may be running; null where there never was one. */
  audit: Audit | null
  /** One service is there and has been audited: the rest is a choice. */
  complete: boolean
  /** Where to go on. */
  next: Step
}

/** @param audits the newest first */
export function progressOf(services: readonly Service[], audits: readonly Audit[]): SetupProgress {
  const byKind = {
    sonarr: services.filter(({ kind }) => kind === 'sonarr'),
    radarr: services.filter(({ kind }) => kind === 'radarr'),
    sabnzbd: services.filter(({ kind }) => kind === 'sabnzbd'),
    plex: services.filter(({ kind }) => kind === 'plex'),
  }
  const complete = services.length > 0 && audits.some(({ state }) => state === 'finished')
  const missing = KINDS.find((kind) => byKind[kind].length === 0)
  return {
    services: byKind,
    audit: audits[0] ?? null,
    complete,
    next: complete ? 'done' : (missing ?? 'audit'),
  }
}

/** The step after one: the next kind that is not connected, the audit, the end. */
export function stepAfter(step: Step, { services }: SetupProgress): Step {
  const later = STEPS.slice(STEPS.indexOf(step) + 1)
  return later.find((one) => one === 'audit' || one === 'done' || services[one].length === 0) ?? 'done'
}

interface Progress {
  /** Undefined while it isn't known. */
  progress: SetupProgress | undefined
  error: unknown
  refetch: () => void
}

/** How far the setup is. For administrators. */
export function useSetupProgress(): Progress {
  const refetchInterval = useRefetchInterval()
  const params = { query: { page_size: 200 } }
  const services = api.useQuery('get', '/api/v1/services', { params }, { refetchInterval })
  const audits = api.useQuery(
    'get',
    '/api/v1/audits',
    { params: { query: { page_size: 20 } } },
    { refetchInterval },
  )
  return {
    progress: services.data && audits.data && progressOf(services.data.items, audits.data.items),
    error: services.error ?? audits.error,
    refetch: () => {
      void services.refetch()
      void audits.refetch()
    },
  }
}
