import { useSyncExternalStore } from 'react'
import { getState, type Me, subscribe } from '../api/session.ts'

/** Who is logged in; null while a login just ends. */
export function useMe(): Me | null {
  const state = useSyncExternalStore(subscribe, getState)
  return state.kind === 'in' ? state.me : null
}
