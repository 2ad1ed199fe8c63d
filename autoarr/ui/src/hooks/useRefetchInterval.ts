import { useSyncExternalStore } from 'react'
import { FALLBACK_MS, getConnection, subscribe } from '../api/live.ts'

/**
 * How often a query is to look by itself, in milliseconds: not at all while events tell of changes.
 *
 * @param otherwise milliseconds while events are heard, for what no event tells of
 */
export function useRefetchInterval(otherwise: number | false = false): number | false {
  const connection = useSyncExternalStore(subscribe, getConnection)
  return connection === 'live' ? otherwise : FALLBACK_MS
}
