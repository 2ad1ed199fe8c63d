import { useEffect, useSyncExternalStore } from 'react'
import { getConnection, subscribe } from './api/live.ts'
import { Problem } from './api/problem.ts'
import { Failure } from './components/Notice.tsx'

const KEY = 'autoarr.reloaded'

/** Milliseconds between two reloads that nobody asked for, lest there be no end of them. */
const REST_MS = 60_000

const PROBLEM = new Problem(
  0,
  'This could not be loaded',
  'AutoArr did not answer, or is of another version than this page by now.',
)

/**
 * Takes the place of what could not be fetched, until the whole page is loaded anew.
 *
 * @param patient whether that is left to the reader, who may be in the middle of something; else it is done once
 * AutoArr is heard from again
 */
export function Unloaded({ patient }: { patient: boolean }) {
  const connection = useSyncExternalStore(subscribe, getConnection)
  useEffect(() => {
    if (!patient && connection === 'live') {
      if (Date.now() - Number(sessionStorage.getItem(KEY)) > REST_MS) {
        sessionStorage.setItem(KEY, String(Date.now()))
        // A browser may remember that a module failed, so another import of it would not do.
        window.location.reload()
      }
    }
  }, [patient, connection])
  return (
    <>
      {patient ? null : <h1>Page not loaded</h1>}
      <Failure error={PROBLEM} retry={() => window.location.reload()} />
    </>
  )
}
