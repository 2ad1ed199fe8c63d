import type { Schema } from '../../api/types.ts'

type Severity = Schema<'FindingView'>['severity']
type Verdict = Schema<'FindingView'>['verdict']
type ChangeState = Schema<'ChangeView'>['state']

export const SEVERITY: Readonly<Record<Severity, string>> = {
  error: 'Error',
  warning: 'Warning',
  notice: 'Notice',
}

export const VERDICT: Readonly<Record<Verdict, string>> = {
  failed: 'To improve',
  unknown: 'Unknown',
  passed: 'Passed',
}

export const KIND: Readonly<Record<Schema<'ServiceView'>['kind'], string>> = {
  sonarr: 'Sonarr',
  radarr: 'Radarr',
  sabnzbd: 'SABnzbd',
  plex: 'Plex',
}

export const CHANGE_STATE: Readonly<Record<ChangeState, string>> = {
  prepared: 'About to be written',
  writing: 'Being written',
  applied: 'Written and verified',
  partly_applied: 'Written in part',
  failed: 'Nothing was written',
  unresolved: 'Not known yet',
}

export const TEXTS = {
  title: 'Findings',
  list: 'Findings, the most severe first',
  count: (total: number) => (total === 1 ? '1 finding' : `${total.toLocaleString('en-GB')} findings`),
  emptyTitle: 'Nothing here',
  emptyFailed: 'No finding is like that. Either all is well, or other filters hide what isn’t.',
  emptyNever: 'No audit of everything has ended yet: start one, and what can be better stands here.',
  filters: 'Filters',
  filterVerdict: 'Result',
  filterSeverity: 'Severity',
  filterKind: 'Application',
  filterService: 'Service',
  filterIgnored: 'Ignored ones',
  any: 'Any',
  allServices: 'All',
  ignoredNo: 'Left out',
  ignoredYes: 'Only those',
  ignoredAny: 'Included',
  reset: 'Reset',
  ignored: 'Ignored',
  found: 'Found',
  wanted: 'Wanted',
  unknownBecause: (reason: string | null) => reason ?? 'It could not be read.',

  score: 'Score',
  scoreOf: (score: number) => `${Math.round(score)} of 100`,
  scoreUnknown: 'The score isn’t known: no audit of everything has ended yet.',
  bySeverity: (count: number, severity: Severity) => {
    const words = {
      error: ['error', 'errors'],
      warning: ['warning', 'warnings'],
      notice: ['notice', 'notices'],
    }
    return `${count} ${words[severity][count === 1 ? 0 : 1]}`
  },
  lastAudit: 'Last audit',
  outdated: 'Outdated',
  auditNow: 'Audit now',
  auditQueued: 'The audit waits for its turn.',
  auditRunning: (duration: string) => `The services are being asked: ${duration} so far.`,
  auditDone: (failed: number, score: number | null) =>
    score === null
      ? 'The audit has ended; no score is known.'
      : `The audit has ended: ${failed === 1 ? '1 thing' : `${failed} things`} to improve, score ${Math.round(score)}.`,
  auditFailed: (error: string | null) => `The audit failed: ${error ?? 'the reason isn’t known'}.`,
} as const
