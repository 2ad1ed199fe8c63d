import type { Schema } from '../../api/types.ts'
import { STATES, type State } from './states.ts'

type Request = Pick<Schema<'RequestWithTimeline'>, 'state' | 'ended_at'> & {
  timeline?: ReadonlyArray<{ step: string }>
}

/** A station on the way from asked to "in Plex". */
export interface Station {
  name: string
  /** `end` is where it ended before its aim. */
  at: 'done' | 'now' | 'to come' | 'end'
}

const WAY = [
  ['asked', 'Asked'],
  ['approved', 'Approved'],
  ['adding', 'Added'],
  ['searching', 'Searched for'],
  ['downloading', 'Downloaded'],
  ['imported', 'In the library'],
  ['in_plex', 'In Plex'],
] as const satisfies ReadonlyArray<readonly [State, string]>

/** At which station something is being done in each state; where it is beyond all, the way is at its end. */
const NOW: Readonly<Partial<Record<State, number>>> = {
  asked: 0,
  choosing: 0,
  awaiting_approval: 1,
  approved: 2,
  adding: 2,
  searching: 3,
  downloading: 4,
  imported: 6,
  in_plex: 7,
}

/** The way of a request: what was done, what is now, what is to come, and where it ended. */
export function findWay({ state, ended_at, timeline = [] }: Request): Station[] {
  const now = NOW[state]
  if (now !== undefined && !(state === 'imported' && ended_at !== null)) {
    return WAY.map(([, name], at) => ({ name, at: at < now ? 'done' : at === now ? 'now' : 'to come' }))
  }
  if (state === 'imported') {
    // Plex has no part in it.
    return WAY.slice(0, -1).map(([, name]) => ({ name, at: 'done' }))
  }
  const reached = new Set(timeline.map(({ step }) => step))
  const passed = WAY.filter(([step]) => step === 'asked' || reached.has(step))
  return [
    ...passed.map(([, name]) => ({ name, at: 'done' as const })),
    { name: STATES[state].name, at: state === 'already_there' ? 'done' : 'end' },
  ]
}
