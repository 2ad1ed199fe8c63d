import type { Tone } from '../../components/Badge.tsx'

/** The states that services tell of, in small letters, and how they look. */
const STATUSES: Readonly<Record<string, readonly [words: string, tone: Tone]>> = {
  downloading: ['Downloading', 'accent'],
  fetching: ['Fetching', 'accent'],
  grabbing: ['Grabbing', 'accent'],
  queued: ['Queued', 'rest'],
  idle: ['Queued', 'rest'],
  paused: ['Paused', 'doubt'],
  propagating: ['Waiting for propagation', 'rest'],
  checking: ['Checking', 'accent'],
  quickcheck: ['Checking', 'accent'],
  verifying: ['Verifying', 'accent'],
  repairing: ['Repairing', 'accent'],
  extracting: ['Extracting', 'accent'],
  moving: ['Moving', 'accent'],
  running: ['Running a script', 'accent'],
  completed: ['Completed', 'good'],
  delay: ['Delayed by a profile', 'rest'],
  warning: ['Warning', 'doubt'],
  downloadclientunavailable: ['Download client unavailable', 'bad'],
  importpending: ['Waits for its import', 'doubt'],
  importblocked: ['Import blocked', 'bad'],
  importing: ['Importing', 'accent'],
  imported: ['Imported', 'good'],
  failedpending: ['Failed', 'bad'],
  failed: ['Failed', 'bad'],
  ignored: ['Ignored', 'rest'],
  unknown: ['State unknown', 'doubt'],
}

/** A download's status as a person says it; one that isn't known stays as the service has it. */
export function describeStatus(status: string): { words: string; tone: Tone } {
  const [words, tone] = STATUSES[status.toLowerCase().replace(/[\s_]/g, '')] ?? [status, 'rest']
  return { words, tone }
}
