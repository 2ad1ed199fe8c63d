import type { Schema } from '../../api/types.ts'
import type { Tone } from '../../components/Badge.tsx'

export type State = Schema<'RequestView'>['state']

/** The states of requests, in their order, and how they look. */
export const STATES: Readonly<Record<State, { name: string; tone: Tone }>> = {
  asked: { name: 'Being looked up', tone: 'accent' },
  choosing: { name: 'To be chosen', tone: 'doubt' },
  awaiting_approval: { name: 'Waits for approval', tone: 'doubt' },
  approved: { name: 'Approved', tone: 'accent' },
  adding: { name: 'Being added', tone: 'accent' },
  searching: { name: 'Being searched for', tone: 'accent' },
  downloading: { name: 'Being downloaded', tone: 'accent' },
  imported: { name: 'In the library', tone: 'good' },
  in_plex: { name: 'In Plex', tone: 'good' },
  already_there: { name: 'There or asked for already', tone: 'good' },
  denied: { name: 'Denied', tone: 'bad' },
  cancelled: { name: 'Cancelled', tone: 'rest' },
  failed: { name: 'Failed', tone: 'bad' },
}

/** A state's name; one that isn't known as it is called. */
export function nameState(state: string): string {
  return STATES[state as State]?.name ?? state.replaceAll('_', ' ')
}

/** The steps of timelines that are no states. */
const STEPS: Readonly<Record<string, { name: string; tone: Tone }>> = {
  asked: { name: 'Asked', tone: 'rest' },
  chosen: { name: 'Chosen', tone: 'rest' },
  approved: { name: 'Approved', tone: 'good' },
}

/** A step of a timeline. */
export function describeStep(step: string): { name: string; tone: Tone } {
  return STEPS[step] ?? STATES[step as State] ?? { name: step.replaceAll('_', ' '), tone: 'rest' }
}
