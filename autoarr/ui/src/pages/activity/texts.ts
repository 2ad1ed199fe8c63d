import type { Schema } from '../../api/types.ts'

export const OUTCOME: Readonly<Record<Schema<'Entry'>['outcome'], string>> = {
  succeeded: 'Done',
  failed: 'Failed',
  refused: 'Refused',
}

/** By what an action's name begins with. */
export const ACTIONS: ReadonlyArray<readonly [prefix: string, name: string]> = [
  ['', 'Anything'],
  ['audit.', 'Audits'],
  ['finding.', 'Findings'],
  ['change.', 'Changes'],
  ['recovery.', 'Recoveries'],
  ['search.', 'Searches'],
  ['request.', 'Requests'],
  ['service.', 'Services'],
  ['policy.', 'Policy'],
  ['login.', 'Logins'],
  ['session.', 'Sessions'],
  ['user.', 'Users'],
  ['token.', 'Tokens'],
  ['notification.', 'Notifications'],
  ['confirmation.', 'Confirmations'],
  ['job.', 'Jobs'],
]

const VIA: Readonly<Record<string, string>> = {
  session: 'the website',
  token: 'a token',
  job: 'a job',
  command: 'the command line',
  start: 'its start',
}

export const TEXTS = {
  title: 'Activity',
  list: 'Activity, the newest first',
  count: (total: number) => (total === 1 ? '1 entry' : `${total.toLocaleString('en-GB')} entries`),
  emptyTitle: 'Nothing like that has happened',
  empty: 'Reset the filters to see all that has.',
  filters: 'Filters',
  text: 'Says',
  actor: 'Who',
  actorHint: 'a whole name',
  outcome: 'How it ended',
  action: 'What about',
  since: 'From',
  until: 'Before',
  any: 'Any',
  reset: 'Reset',
  export: 'Export',
  csv: 'Export as CSV',
  jsonl: 'Export as JSONL',
  by: (actor: string, via: string) => `${actor} by ${VIA[via] ?? via}`,
  cause: (cause: string) => `Because: ${cause}`,
  details: 'Details',
  detailsOf: (message: string) => `Details of: ${message}`,
  actionName: 'Action',
  subject: 'Subject',
  request: 'Request',
  entry: 'Entry',
  data: 'Data',
  none: 'None',
} as const
