import type { Schema } from '../../api/types.ts'

type State = Schema<'QueueSource'>['state']

/** The words of the downloads' page. */
export const texts = {
  title: 'Downloads',
  sources: 'Where this is from',
  queue: 'Queue',
  list: 'Downloads',
  incomplete: 'This is not everything',
  unknownOf: (names: string) => `What is queued at ${names} is not known, and may be much.`,
  staleOf: (names: string) => `What is queued at ${names} is as of earlier, and may have changed.`,
  partOf: (name: string, total: number) =>
    `Of the ${total} rows in ${name}'s queue only the first were read.`,
  states: { fresh: 'Up to date', stale: 'Outdated', unknown: 'Unknown' } satisfies Record<State, string>,
  rows: (total: number) => (total === 1 ? '1 row' : `${total} rows`),
  rowsUnknown: 'rows unknown',
  asOf: (age: string) => `${age} ago`,
  never: 'never seen',
  total: (total: number) => (total === 1 ? '1 download' : `${total} downloads`),
  none: 'Nothing is being downloaded',
  noneKnown: 'No download is known',
  noneHint: 'What Sonarr and Radarr grab shows up here by itself.',
  noneKnownHint: 'Not every service could be asked, so there may be some.',
  noServices: 'No service is connected',
  noServicesHint: 'Connect Sonarr, Radarr or SABnzbd to see what they download.',
  toServices: 'Services',
  progress: (title: string) => `Progress of ${title}`,
  sizes: (part: string, size: string, left: string) => `${part} of ${size}, ${left} left`,
  size: (size: string) => `${size}, progress unknown`,
  sizeUnknown: 'Size unknown',
  parts: (count: number) => `${count} episodes or films`,
  managers: (names: string) => `for ${names}`,
  noManager: 'nobody waits for it',
  client: (name: string) => `in ${name}`,
  noClient: 'not in SABnzbd',
  recovery: 'Recovery',
  asks: 'Waits for you',
} as const

/** Names in a row, as in "Sonarr and Radarr". */
export function enumerate(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names)
}
