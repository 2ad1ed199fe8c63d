import { Link } from 'wouter'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { MoreJson } from '../../components/Json.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Page, Panel } from '../../components/Panel.tsx'
import { type Step, Timeline } from '../../components/Timeline.tsx'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { Decisions } from './Decisions.tsx'
import { Happened, Plan } from './Explained.tsx'
import css from './Recoveries.module.css'
import { texts } from './texts.ts'
import { Writes } from './Writes.tsx'
import { describeStep, STATES } from './words.ts'

/** One failed download: why, what is done about it, and everything that happened. */
export default function RecoveryPage({ id }: { id: string }) {
  const refetchInterval = useRefetchInterval()
  const query = api.useQuery(
    'get',
    '/api/v1/recoveries/{recovery_id}',
    { params: { path: { recovery_id: id } } },
    { refetchInterval },
  )
  return (
    <Page title={query.data?.title ?? texts.gone}>
      <p>
        <Link href="/recoveries">{texts.back}</Link>
      </p>
      <Loaded query={query} lines={12}>
        {(recovery) => <Recovery recovery={recovery} />}
      </Loaded>
    </Page>
  )
}

function Recovery({ recovery }: { recovery: Schema<'RecoveryDetail'> }) {
  const { state, reason, timeline, writes } = recovery
  const { name, tone } = STATES[state]
  return (
    <>
      <div role="status">
        <Notice tone={tone === 'accent' ? 'rest' : tone} title={name}>
          <p>{reason}</p>
          <Decisions recovery={recovery} />
        </Notice>
      </div>
      <div className={css['columns']}>
        <div className={css['column']}>
          <Happened recovery={recovery} />
          <Plan recovery={recovery} />
          <Panel title={texts.writes}>
            <Writes writes={writes} />
          </Panel>
        </div>
        <Panel title={texts.timeline}>
          <Timeline steps={timeline.map(asStep)} />
        </Panel>
      </div>
    </>
  )
}

function asStep({ at, step, message, data }: Schema<'RecoveryDetail'>['timeline'][number]): Step {
  return {
    at,
    ...describeStep(step),
    content: (
      <>
        <p>{message}</p>
        {data ? <MoreJson label={texts.detail} value={data} /> : null}
      </>
    ),
  }
}
