import { useEffect, useState } from 'react'
import { ask, type Question } from '../../api/ask.ts'
import { NOTHING_YET, type Observation, observe } from './observation.ts'
import { startPolling } from './polling.ts'

/** Keeps asking `question`, which must be the same object at every render. */
export function useObservation<T>(question: Question<T>): Observation<T> {
  const [observation, setObservation] = useState<Observation<T>>(NOTHING_YET)
  useEffect(
    () =>
      startPolling(async (signal) => {
        const answer = await ask(question, signal)
        if (!signal.aborted) {
          const at = Date.now()
          setObservation((before) => observe(before, answer, at))
        }
      }),
    [question],
  )
  return observation
}
