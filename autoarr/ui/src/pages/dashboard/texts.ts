import type { Schema } from '../../api/types.ts'

const LIST = new Intl.ListFormat('en-GB')

export const STATE: Readonly<Record<Schema<'Block'>['state'], string>> = {
  fresh: 'Up to date',
  stale: 'Outdated',
  unknown: 'Unknown',
}

const BLOCKS: Readonly<Record<string, string>> = {
  version: 'Whether it answers',
  health: 'Health',
  queue: 'Queue',
  missing: 'Missing',
  disk: 'Disk space',
  sessions: 'Streams',
}

const SESSION: Readonly<Record<string, string>> = {
  playing: 'Playing',
  paused: 'Paused',
  buffering: 'Buffering',
}

export const TEXTS = {
  title: 'Dashboard',
  refresh: 'Refresh',
  unknown: 'Unknown',
  atLeast: (number: string) => `at least ${number}`,
  without: (names: readonly string[]) => `Without ${LIST.format(names)}.`,
  outdatedOf: (names: readonly string[]) => `Of ${LIST.format(names)} as of earlier.`,
  nobodyTells: 'No service tells of it.',
  notKnownOf: (names: readonly string[]) => `Not known of ${LIST.format(names)}.`,

  setupTitle: 'Finish setting up',
  setupNoService:
    'No service is connected yet. Connect Sonarr, Radarr, SABnzbd and Plex, and they show up here.',
  setupNoAudit: 'No audit has been made yet. It shows what can be better, and how.',
  setupButton: 'Finish setting up',

  waiting: 'Waits for you',
  recoveries: (count: number) => (count === 1 ? '1 recovery to decide' : `${count} recoveries to decide`),
  requests: (count: number) => (count === 1 ? '1 request to approve' : `${count} requests to approve`),
  more: (count: number) => `and ${count} more`,
  requestBy: (title: string, user: string) => `${title}, for ${user}`,

  figures: 'Figures',
  missing: 'Missing',
  missingHint: 'episodes and films',
  queueFigure: 'Downloads',
  queueHint: 'in all queues',
  health: 'Health issues',
  healthHint: 'that the services tell of',
  sessions: 'Streams',
  sessionsHint: 'in Plex at present',

  services: 'Services',
  allServices: 'All services',
  noServices: 'None is connected.',
  insecure: 'Certificate not checked',
  never: 'never seen',
  block: (name: string) => BLOCKS[name] ?? name,
  failed: (cause: string, detail: string) => `${cause}: ${detail}`,
  moreIssues: (count: number) => (count === 1 ? 'and 1 more issue' : `and ${count} more issues`),
  explained: 'Explained',

  audit: 'Audit',
  scoreIs: (score: number) => `Score ${Math.round(score)} of 100`,
  outOf: 'of 100',
  noScore: 'No audit of everything has ended yet.',
  outdated: 'Outdated',
  audited: 'Audited',
  allFindings: 'All findings',

  queue: 'Queue',
  allDownloads: 'All downloads',
  queueEmpty: 'Nothing is being downloaded.',
  queueUnknown: 'What is being downloaded isn’t known.',
  queueShown: (shown: number, total: number) => `The first ${shown} of ${total.toLocaleString('en-GB')}.`,
  queueTruncated: 'There are more than were read.',
  paused: (name: string) => `${name} is paused`,
  speed: (name: string, speed: string) => `${name}: ${speed}/s`,
  progressOf: (title: string) => `Progress of ${title}`,
  left: (size: string) => `${size} left`,

  disk: 'Disk space',
  diskNone: 'No service tells of a disk.',
  free: (free: string, total: string) => `${free} of ${total} free`,
  freeOnly: (free: string) => `${free} free`,
  room: { enough: '', low: 'Low', nearly_full: 'Nearly full', unknown: 'Size unknown' },
  as: (names: readonly string[]) => LIST.format(names),

  nothingPlays: 'Nothing is played at present.',
  playsUnknown: 'Whether something is played isn’t known.',
  sessionState: (state: string | null) => (state === null ? 'State unknown' : (SESSION[state] ?? state)),
  sessionOf: (user: string | null, player: string | null) =>
    [user ?? 'somebody', ...(player ? [player] : [])].join(' on '),
  transcoded: 'Transcoded',

  activity: 'Recent activity',
  allActivity: 'All activity',
  nothingHappened: 'Nothing has happened yet.',
} as const
