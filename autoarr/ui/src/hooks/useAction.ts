import { useState } from 'react'
import { asProblem, type Problem } from '../api/problem.ts'

interface Action<Given extends readonly unknown[]> {
  /** It is being done. */
  busy: boolean
  /** Why it failed the last time. */
  problem: Problem | null
  /** Does it; never throws. */
  act: (...given: Given) => void
  forget: () => void
}

/** Something the reader has done, which takes a while and may be refused. */
export function useAction<Given extends readonly unknown[]>(
  run: (...given: Given) => Promise<void>,
): Action<Given> {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  async function attempt(given: Given): Promise<void> {
    setBusy(true)
    setProblem(null)
    try {
      await run(...given)
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, act: (...given) => void attempt(given), forget: () => setProblem(null) }
}
