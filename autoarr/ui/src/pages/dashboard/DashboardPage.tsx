import { useQueryClient } from '@tanstack/react-query'
import { api, client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button, ButtonLink } from '../../components/Button.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Failure, Notice } from '../../components/Notice.tsx'
import { Page } from '../../components/Panel.tsx'
import { useAction } from '../../hooks/useAction.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { ActivityPanel } from './ActivityPanel.tsx'
import { AuditPanel } from './AuditPanel.tsx'
import css from './Dashboard.module.css'
import { DiskPanel } from './DiskPanel.tsx'
import { Figures } from './Figures.tsx'
import { QueuePanel } from './QueuePanel.tsx'
import { ServicesPanel } from './ServicesPanel.tsx'
import { SessionsPanel } from './SessionsPanel.tsx'
import { TEXTS } from './texts.ts'
import { WaitingPanel } from './WaitingPanel.tsx'

/** Milliseconds until it is looked at though no event came: what is old is old also where nothing says so. */
const LOOK_MS = 60_000

/** Everything at a glance, each part with its age. */
export default function DashboardPage() {
  const queries = useQueryClient()
  const refetchInterval = useRefetchInterval(LOOK_MS)
  const dashboard = api.useQuery('get', '/api/v1/dashboard', {}, { refetchInterval })
  const refreshing = useAction(async () => {
    const { data } = await client.GET('/api/v1/dashboard', { params: { query: { refresh: true } } })
    queries.setQueryData(api.queryOptions('get', '/api/v1/dashboard', {}).queryKey, data)
  })
  return (
    <Page
      title={TEXTS.title}
      actions={
        <Button busy={refreshing.busy} onClick={() => refreshing.act()}>
          {TEXTS.refresh}
        </Button>
      }
    >
      {refreshing.problem ? <Failure error={refreshing.problem} /> : null}
      <Loaded query={dashboard} lines={16}>
        {(data) => <Content dashboard={data} />}
      </Loaded>
    </Page>
  )
}

function Content({ dashboard }: { dashboard: Schema<'Dashboard'> }) {
  const { services, audit, figures, activity } = dashboard
  return (
    <>
      {services.length === 0 || audit.state === 'unknown' ? (
        <Notice title={TEXTS.setupTitle}>
          <p>{services.length === 0 ? TEXTS.setupNoService : TEXTS.setupNoAudit}</p>
          <p>
            <ButtonLink href="/setup" tone="primary">
              {TEXTS.setupButton}
            </ButtonLink>
          </p>
        </Notice>
      ) : null}
      <WaitingPanel />
      <Figures figures={figures} />
      <div className={css['columns']}>
        <div className={css['column']}>
          <ServicesPanel services={services} />
          <QueuePanel dashboard={dashboard} />
          <ActivityPanel entries={activity} />
        </div>
        <div className={css['column']}>
          <AuditPanel audit={audit} />
          <DiskPanel services={services} />
          <SessionsPanel services={services} />
        </div>
      </div>
    </>
  )
}
