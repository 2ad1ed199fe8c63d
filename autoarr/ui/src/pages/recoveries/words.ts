import type { Schema } from '../../api/types.ts'
import type { Tone } from '../../components/Badge.tsx'

export type State = Schema<'RecoveryView'>['state']
type AttemptState = Schema<'AttemptView'>['state']

interface Look {
  name: string
  tone: Tone
}

/** The states of recoveries, those first that somebody has to do something about. */
export const STATES: Readonly<Record<State, Look>> = {
  asking: { name: 'Waits for you', tone: 'doubt' },
  waiting: { name: 'Waiting', tone: 'rest' },
  acting: { name: 'Being done', tone: 'accent' },
  verifying: { name: 'Being downloaded again', tone: 'accent' },
  recovered: { name: 'Recovered', tone: 'good' },
  dismissed: { name: 'Closed', tone: 'rest' },
  given_up: { name: 'Given up', tone: 'bad' },
}

/** How writes stand. */
export const ATTEMPTS: Readonly<Record<AttemptState, Look>> = {
  prepared: { name: 'Prepared', tone: 'rest' },
  sent: { name: 'Sent', tone: 'accent' },
  verified: { name: 'Done and verified', tone: 'good' },
  failed: { name: 'Not done', tone: 'bad' },
  unknown: { name: 'Outcome unknown', tone: 'doubt' },
}

/** What is done: as a deed ("search for it") and as a button. */
const ACTIONS: Readonly<Record<string, { deed: string; button: string }>> = {
  search: { deed: 'search for it', button: 'Search for it' },
  blocklist: { deed: 'blocklist the release, and search for another', button: 'Blocklist and search' },
  remove: { deed: 'remove it from the queue, with its files', button: 'Remove it' },
  clean: { deed: 'remove the entry from SABnzbd’s history', button: 'Remove the entry' },
  pause: { deed: 'pause SABnzbd until there is room again', button: 'Pause SABnzbd' },
  resume: { deed: 'have SABnzbd go on', button: 'Resume SABnzbd' },
  retry: { deed: 'have SABnzbd try it again', button: 'Try it again' },
  split: { deed: 'recover each episode by itself', button: 'Recover each episode' },
}

/** An action as what AutoArr does; one that isn't known as it is called. */
export function describeAction(action: string): { deed: string; button: string } {
  return ACTIONS[action] ?? { deed: action.replaceAll('_', ' '), button: action.replaceAll('_', ' ') }
}

/** The steps of timelines. */
const STEPS: Readonly<Record<string, Look>> = {
  seen: { name: 'It failed', tone: 'bad' },
  classified: { name: 'Cause found', tone: 'rest' },
  native_wait: { name: 'Left to its own handling', tone: 'rest' },
  back_off: { name: 'Pause before the next search', tone: 'rest' },
  unreachable: { name: 'A service can’t be reached', tone: 'doubt' },
  settling: { name: 'Services answer again', tone: 'rest' },
  no_room: { name: 'No room', tone: 'doubt' },
  paused: { name: 'SABnzbd is paused', tone: 'rest' },
  observed: { name: 'Only observed', tone: 'rest' },
  indexers: { name: 'Indexers don’t work', tone: 'doubt' },
  quiet: { name: 'Quiet hours', tone: 'rest' },
  budget: { name: 'Enough searches for now', tone: 'rest' },
  write_failed: { name: 'A write failed', tone: 'doubt' },
  asking: { name: 'It asks', tone: 'doubt' },
  approved: { name: 'Approved', tone: 'good' },
  cancelled: { name: 'Cancelled', tone: 'rest' },
  search: { name: 'Search', tone: 'accent' },
  blocklist: { name: 'Blocklist', tone: 'accent' },
  remove: { name: 'Remove', tone: 'accent' },
  clean: { name: 'Remove the entry', tone: 'accent' },
  pause: { name: 'Pause', tone: 'accent' },
  resume: { name: 'Resume', tone: 'accent' },
  retry: { name: 'Try again', tone: 'accent' },
  split: { name: 'Split into episodes', tone: 'accent' },
  verified: { name: 'Done and verified', tone: 'good' },
  failed: { name: 'Not done', tone: 'bad' },
  unknown: { name: 'Outcome unknown', tone: 'doubt' },
  downloading: { name: 'Being downloaded again', tone: 'accent' },
  goes_on: { name: 'Goes on', tone: 'rest' },
  reduced: { name: 'A part of it is done', tone: 'rest' },
  replaced: { name: 'Followed by another', tone: 'rest' },
  recovered: { name: 'Recovered', tone: 'good' },
  dismissed: { name: 'Closed', tone: 'rest' },
  given_up: { name: 'Given up', tone: 'bad' },
}

/** A step of a timeline; one that isn't known as it is called. */
export function describeStep(step: string): Look {
  return STEPS[step] ?? { name: step.replaceAll('_', ' '), tone: 'rest' }
}
