import type { Schema } from '../../../api/types.ts'

export type Mode = Schema<'Policy'>['mode']
export type FailureClass = Schema<'DryAction'>['failure']

export const MODES: ReadonlyArray<{ value: Mode; label: string; explained: string }> = [
  {
    value: 'observe',
    label: 'Observe',
    explained: 'Nothing is ever written to a service. AutoArr looks, audits, and says what it would do.',
  },
  {
    value: 'ask',
    label: 'Ask',
    explained: 'AutoArr proposes what to do about a failed download, and a person approves each time.',
  },
  {
    value: 'auto',
    label: 'Automatic',
    explained:
      'Failed downloads are recovered without asking, by their cause. Fixes of findings are still applied by a person, each with its preview.',
  },
]

/** Every class of failures: what it is called, and what it means. */
export const FAILURES: ReadonlyArray<{ value: FailureClass; label: string; explained: string }> = [
  { value: 'missing', label: 'Missing articles', explained: 'Too little of it is left on the servers.' },
  { value: 'bad_release', label: 'Bad release', explained: 'Encrypted, damaged, or with unwanted files.' },
  {
    value: 'local',
    label: 'Fault here',
    explained: 'The disk is full or can’t be written. Never blocklisted.',
  },
  { value: 'aborted', label: 'Aborted', explained: 'Somebody or something stopped it.' },
  { value: 'duplicate', label: 'Duplicate', explained: 'SABnzbd has had it before.' },
  { value: 'import_blocked', label: 'Import blocked', explained: 'Sonarr or Radarr can’t tell what it is.' },
  { value: 'not_an_upgrade', label: 'Not an upgrade', explained: 'What is there is as good or better.' },
  { value: 'not_grabbed', label: 'Not grabbed', explained: 'Neither Sonarr nor Radarr asked for it.' },
  { value: 'unclassified', label: 'Unclassified', explained: 'The message is none that AutoArr knows.' },
]

export const POLICY = {
  form: 'The policy',
  mode: 'What AutoArr may do by itself',
  causes: 'Exceptions by cause',
  causesExplain:
    'Of all modes that apply to a failure, the strictest counts: an exception can only hold back.',
  services: 'Exceptions by service',
  servicesExplain: 'As for causes: the strictest mode counts.',
  noServices: 'No service is connected.',
  general: (mode: string) => `As above (${mode})`,
  noEffect: 'No effect: the mode above is stricter.',
  when: 'When',
  quiet: 'Quiet hours',
  quietExplain:
    'A time of each day in which nothing is done without a person; looking goes on. In the server’s time zone.',
  quietStart: 'Quiet from',
  quietEnd: 'Quiet until',
  quietWrong: 'They end when they start: choose another time, or no quiet hours.',
  quietMissing: 'A time of day, such as 18:00.',
  budgets: 'Patience and budgets',
  requests: 'Requests',
  needApproval: 'An administrator approves what requesters ask for',
  needApprovalHint: 'Without it, requests are fulfilled at once. Administrators’ own requests never wait.',
  limited: 'Each requester may ask for only so much',
  numbers: {
    poll_every_s: { label: 'Look at each service every', unit: 'seconds' },
    audit_every_h: { label: 'Audit everything every', unit: 'hours' },
    activity_days: { label: 'Keep the activity for', unit: 'days' },
    native_grace_min: {
      label: 'Leave failures to Sonarr and Radarr for',
      unit: 'minutes, before AutoArr steps in',
    },
    searches_per_hour: {
      label: 'Searches at each Sonarr and Radarr',
      unit: 'in any hour, whoever causes them',
    },
    requests_per_week: { label: 'Requests of each requester', unit: 'in any seven days' },
  },
  range: (unit: string, least: number, most: number) =>
    `${unit}; ${least} to ${most.toLocaleString('en-GB')}`,
  wrongNumber: (least: number, most: number) =>
    `A whole number from ${least} to ${most.toLocaleString('en-GB')}.`,
  save: 'Save the policy',
  saved: 'The policy is saved.',
  undo: 'Undo',
  undone: 'The policy is as it was before.',
  reset: 'Discard changes',
  unsaved: 'Not saved yet.',
  elsewhere: 'The policy was changed elsewhere meanwhile',
  elsewhereExplain: 'Saving replaces that with what is here.',
  takeTheirs: 'Show what is saved',
  tryIt: 'What would this have done?',
} as const

/** What each action of a dry run would have been. */
export const ACTIONS: Readonly<Record<string, string>> = {
  search: 'Search again',
  blocklist: 'Blocklist and search',
  retry: 'Retry in SABnzbd',
  remove: 'Remove',
  clean: 'Clean the entry up',
  pause: 'Pause SABnzbd',
  resume: 'Resume SABnzbd',
  split: 'Search single episodes',
  verify: 'Wait for the download',
  ask: 'Ask you',
  wait: 'Wait',
  recovered: 'Nothing: it recovered',
  dismissed: 'Nothing: settled without AutoArr',
  given_up: 'Give up',
}

export const DRY_RUN = {
  title: 'What this would have done',
  explain: 'Worked out from the failures of the last 30 days. Nothing was written.',
  busy: 'The services are asked for their histories; that can take a minute.',
  none: 'Nothing has failed in the last 30 days',
  noneKnown: 'No failure is known',
  noneKnownExplain: 'Not every service could be asked, so there may have been some.',
  total: (total: number) => `${total} failed ${total === 1 ? 'download' : 'downloads'} in the last 30 days.`,
  counted: (count: number, action: string) => `${count} × ${action}`,
  proposed: (action: string) => `Proposed: ${action}`,
  away: 'Not asked, so what they know is missing',
  awayOf: (name: string, reason: string) => `${name}: ${reason}`,
  unknown: 'What this can’t know',
  peak: (service: string, most: number) => `At most ${most} searches within an hour at ${service}.`,
  outdated: 'The policy above was changed since.',
  again: 'Work it out again',
  cut: (shown: number, total: number) => `The newest ${shown} of ${total}.`,
  list: 'What would have been done about each download',
  more: 'Show all',
  columns: { failed: 'Failed', title: 'Download', cause: 'Cause', action: 'It would', reason: 'Why' },
} as const
