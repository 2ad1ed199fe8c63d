import { api } from '../../api/client.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'

/** Of each kind, as many are named. */
const FEW = 3

export type Waiting = ReturnType<typeof useWaiting>

/** What waits for a person: recoveries that ask, and requests that nobody has approved. */
export function useWaiting() {
  const refetchInterval = useRefetchInterval()
  const recoveries = api.useQuery(
    'get',
    '/api/v1/recoveries',
    { params: { query: { state: 'asking', page_size: FEW } } },
    { refetchInterval },
  )
  const requests = api.useQuery(
    'get',
    '/api/v1/requests',
    { params: { query: { state: 'awaiting_approval', page_size: FEW } } },
    { refetchInterval },
  )
  return {
    recoveries,
    requests,
    total: (recoveries.data?.total ?? 0) + (requests.data?.total ?? 0),
    failed: [recoveries, requests].find(({ error }) => error !== null),
    isPending: recoveries.isPending || requests.isPending,
  }
}
