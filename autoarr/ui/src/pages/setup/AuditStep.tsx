import { useEffect, useEffectEvent } from 'react'
import { api, client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button, ButtonLink } from '../../components/Button.tsx'
import { FormButtons } from '../../components/Form.tsx'
import { Failure, Notice } from '../../components/Notice.tsx'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useNow } from '../../hooks/useNow.ts'
import { AuditResult } from './AuditResult.tsx'
import { KINDS, type SetupProgress } from './progress.ts'
import css from './Setup.module.css'
import { StepPanel } from './StepPanel.tsx'
import { AUDIT, SETUP } from './texts.ts'

type Audit = Schema<'AuditView'>

/** Milliseconds between two looks at an audit that is under way. */
const LOOK_MS = 1000

/** Runs the first audit, and shows what came of it. */
export function AuditStep({ progress, goOn }: { progress: SetupProgress; goOn: () => void }) {
  const invalidate = useInvalidate()
  const { busy, problem, act } = useAction(async () => {
    await client.POST('/api/v1/audits', { body: {} })
    await invalidate('/api/v1/audits')
  })
  const audit = useUnderWay(progress.audit)
  const services = KINDS.flatMap((kind) => progress.services[kind])
  const underWay = audit?.state === 'queued' || audit?.state === 'running'
  const start = (
    <Button tone={audit ? 'plain' : 'primary'} busy={busy} disabled={underWay} onClick={() => act()}>
      {audit ? AUDIT.again : AUDIT.start}
    </Button>
  )
  return (
    <StepPanel title={SETUP.audit} phase={audit?.state ?? ''}>
      <p>{AUDIT.explain}</p>
      {problem ? <Failure error={problem} /> : null}
      {services.length === 0 ? (
        <>
          <Notice tone="doubt" title={AUDIT.needsService}>
            <p>{AUDIT.needsServiceHelp}</p>
          </Notice>
          <FormButtons>
            <ButtonLink href="/setup?step=sonarr">{SETUP.services}</ButtonLink>
          </FormButtons>
        </>
      ) : audit === null ? (
        <FormButtons>{start}</FormButtons>
      ) : underWay ? (
        <UnderWay audit={audit} />
      ) : audit.state === 'failed' ? (
        <>
          <Notice tone="bad" title={AUDIT.failed} urgent>
            <p>{audit.error ?? AUDIT.failedUnknown}</p>
          </Notice>
          <FormButtons>{start}</FormButtons>
        </>
      ) : (
        <>
          <AuditResult audit={audit} services={services} />
          <FormButtons>
            <Button tone="primary" onClick={goOn}>
              {AUDIT.goOn}
            </Button>
            <ButtonLink href="/findings">{AUDIT.toFindings}</ButtonLink>
            {start}
          </FormButtons>
        </>
      )}
    </StepPanel>
  )
}

/** The audit as it is now, looked at often until it has ended. */
function useUnderWay(newest: Audit | null): Audit | null {
  const { data } = api.useQuery(
    'get',
    '/api/v1/audits/{audit_id}',
    { params: { path: { audit_id: newest?.id ?? '' } } },
    {
      enabled: newest !== null && newest.finished_at === null,
      refetchInterval: ({ state }) => (state.data?.finished_at ? false : LOOK_MS),
    },
  )
  const seen = data?.id === newest?.id ? (data ?? null) : newest
  const ended = seen?.finished_at !== newest?.finished_at
  const invalidate = useEffectEvent(useInvalidate())
  useEffect(() => {
    if (ended) {
      void invalidate('/api/v1/audits', '/api/v1/dashboard', '/api/v1/findings')
    }
  }, [ended])
  return seen
}

function UnderWay({ audit }: { audit: Audit }) {
  const now = useNow()
  const since = audit.started_at === null ? null : Math.max(0, now - Date.parse(audit.started_at)) / 1000
  return (
    <div className={css['underWay']}>
      <progress aria-label={AUDIT.progress} />
      <p>{since === null ? AUDIT.queued : AUDIT.running(since)}</p>
    </div>
  )
}
