import type { Schema } from '../../api/types.ts'

export type Failure = Schema<'RecoveryView'>['failure']

/** What each class of failures is, and what is right to do about it. */
export const FAILURES: Readonly<Record<Failure, { name: string; is: string; does: string }>> = {
  missing: {
    name: 'Incomplete',
    is: 'Too much of it is no longer on the news servers to be repaired.',
    does: 'Sonarr or Radarr blocklist it and look for another release themselves; where they find none in their time, AutoArr searches, again and again with growing pauses.',
  },
  bad_release: {
    name: 'Bad release',
    is: 'The release itself is at fault: it is encrypted, damaged, or not what it says.',
    does: 'It is blocklisted, so that nobody takes it again, and another release is searched for.',
  },
  local: {
    name: 'This machine',
    is: 'The release is good; something here was in the way, such as a full disk.',
    does: 'It is never blocklisted: SABnzbd tries it again when there is room.',
  },
  aborted: {
    name: 'Aborted',
    is: 'Somebody, or a restart, ended it before it was done.',
    does: 'Only a person knows whether that was meant, so AutoArr always asks.',
  },
  duplicate: {
    name: 'Duplicate',
    is: 'SABnzbd refused it because it had it before.',
    does: 'Only a person knows whether it is wanted again, so AutoArr always asks.',
  },
  import_blocked: {
    name: 'Import blocked',
    is: 'It was downloaded, and Sonarr or Radarr do not import it by themselves.',
    does: 'It may be right after all, and a person can import it by hand, so AutoArr always asks.',
  },
  not_an_upgrade: {
    name: 'No upgrade',
    is: 'It was downloaded, and what is in the library is as good or better.',
    does: 'It is removed from the queue, with its files.',
  },
  not_grabbed: {
    name: 'Not grabbed',
    is: 'Neither Sonarr nor Radarr ordered it, or they no longer know that they did.',
    does: 'Its entry is removed, and what it was to bring is searched for, where that is known.',
  },
  unclassified: {
    name: 'Not understood',
    is: 'What the services say of it is none of the causes that AutoArr knows.',
    does: 'Nothing is done without a person, so AutoArr always asks.',
  },
}
