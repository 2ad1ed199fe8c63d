import { useState } from 'react'
import { Link } from 'wouter'
import { api, client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Confirm } from '../../components/Confirm.tsx'
import { Facts } from '../../components/Facts.tsx'
import { MoreJson } from '../../components/Json.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Page, Panel } from '../../components/Panel.tsx'
import { Poster } from '../../components/Poster.tsx'
import { Ago, Moment } from '../../components/Time.tsx'
import { Timeline } from '../../components/Timeline.tsx'
import { toast } from '../../components/toast.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useMe } from '../../hooks/useMe.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { Approval } from './Approval.tsx'
import { Choices } from './Choices.tsx'
import css from './Requests.module.css'
import { describeStep, STATES } from './states.ts'
import { texts } from './texts.ts'
import { Way } from './Way.tsx'
import { describeExtent } from './wish.ts'

type Request = Schema<'RequestWithTimeline'>

const POSTER_WIDTH = 150

/** One request, from asked to "in Plex". */
export default function RequestPage({ id }: { id: string }) {
  const refetchInterval = useRefetchInterval()
  const query = api.useQuery(
    'get',
    '/api/v1/requests/{request_id}',
    { params: { path: { request_id: id } } },
    { refetchInterval },
  )
  const { data } = query
  const name = data ? `${data.title}${data.year === null ? '' : ` (${data.year})`}` : texts.one
  return (
    <Page title={name}>
      <p>
        <Link href="/requests">{texts.back}</Link>
      </p>
      <Loaded query={query} lines={12}>
        {(request) => <Shown request={request} />}
      </Loaded>
    </Page>
  )
}

function Shown({ request }: { request: Request }) {
  const { state, reason, timeline = [] } = request
  const { name, tone } = STATES[state]
  const isAdmin = useMe()?.role === 'admin'
  return (
    <>
      <div role="status">
        <Notice tone={tone === 'accent' ? 'rest' : tone} title={name}>
          <p>{reason}</p>
          <div className={css['decisions']}>
            {isAdmin ? <Approval request={request} /> : null}
            <Cancelling request={request} />
          </div>
        </Notice>
      </div>
      {state === 'choosing' ? <Choices request={request} /> : null}
      <Panel title={texts.way}>
        <Way request={request} />
      </Panel>
      <div className={css['columns']}>
        <About request={request} />
        <Panel title={texts.timeline}>
          <Timeline
            steps={timeline.map(({ at, step, message, data }) => ({
              at,
              ...describeStep(step),
              content: (
                <>
                  <p>{message}</p>
                  {data ? <MoreJson label={texts.detail} value={data} /> : null}
                </>
              ),
            }))}
          />
        </Panel>
      </div>
    </>
  )
}

function About({ request }: { request: Request }) {
  const { title, poster, text, user_name, created_at, decided_by, next_at } = request
  const extent = describeExtent(request)
  return (
    <Panel title={texts.about}>
      <div className={css['facts']}>
        <Poster address={poster} title={title} width={POSTER_WIDTH} />
        <Facts
          facts={[
            ...(extent ? [[texts.extent, extent] as const] : []),
            [texts.said, text],
            [texts.askedBy, user_name],
            [texts.askedAt, <Moment key="asked" at={created_at} />],
            ...(decided_by === null ? [] : [[texts.decidedBy, decided_by] as const]),
            ...(next_at === null ? [] : [[texts.nextLook, <Ago key="next" at={next_at} />] as const]),
          ]}
        />
      </div>
    </Panel>
  )
}

function Cancelling({ request: { id, title, ended_at } }: { request: Request }) {
  const [isAsked, setAsked] = useState(false)
  const invalidate = useInvalidate()
  async function cancel(): Promise<void> {
    await client.POST('/api/v1/requests/{request_id}/cancel', { params: { path: { request_id: id } } })
    toast(texts.cancelled(title))
    await invalidate('/api/v1/requests')
  }
  if (ended_at !== null) {
    return null
  }
  return (
    <>
      <Button onClick={() => setAsked(true)}>{texts.cancel}</Button>
      {isAsked ? (
        <Confirm
          title={texts.cancelTitle}
          deed={texts.cancel}
          keep={texts.keep}
          run={cancel}
          onClose={() => setAsked(false)}
        >
          <p>{texts.cancelText}</p>
        </Confirm>
      ) : null}
    </>
  )
}
