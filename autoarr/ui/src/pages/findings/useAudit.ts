import { useEffect, useEffectEvent, useState } from 'react'
import { api, client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { TEXTS } from './texts.ts'

type Audit = Schema<'AuditView'>

/** Milliseconds between two looks at an audit that is under way. */
const LOOK_MS = 2000

function isUnderWay(audit: Audit | undefined): audit is Audit {
  return audit?.state === 'queued' || audit?.state === 'running'
}

/** The audit that is under way, if one is, and how to start one. Says how the one ended that was started here. */
export function useAudit() {
  const invalidate = useInvalidate()
  const fallback = useRefetchInterval()
  const newest = api.useQuery(
    'get',
    '/api/v1/audits',
    { params: { query: { page_size: 1 } } },
    { refetchInterval: ({ state }) => (isUnderWay(state.data?.items[0]) ? LOOK_MS : fallback) },
  )
  const [awaited, setAwaited] = useState<string | null>(null)
  const audit = newest.data?.items[0]
  const starting = useAction(async () => {
    const { data } = await client.POST('/api/v1/audits', { body: {} })
    setAwaited(data?.id ?? null)
    await invalidate('/api/v1/audits')
  })
  const tell = useEffectEvent((ended: Audit) => {
    setAwaited(null)
    if (ended.state === 'failed') {
      toast(TEXTS.auditFailed(ended.error), { tone: 'bad' })
    } else {
      toast(TEXTS.auditDone(ended.failed ?? 0, ended.score))
    }
    void invalidate('/api/v1/findings', '/api/v1/dashboard')
  })
  useEffect(() => {
    if (audit && audit.id === awaited && !isUnderWay(audit)) {
      tell(audit)
    }
  }, [audit, awaited])
  return { underWay: isUnderWay(audit) ? audit : null, ...starting }
}
