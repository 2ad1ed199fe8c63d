import type { Schema } from '../../../api/types.ts'

export type TargetKind = Schema<'TargetView'>['kind']
export type EventKind = Schema<'TargetView'>['events'][number]

export const TARGET_KINDS: ReadonlyArray<readonly [kind: TargetKind, name: string]> = [
  ['ntfy', 'ntfy'],
  ['discord', 'Discord'],
  ['slack', 'Slack'],
  ['gotify', 'Gotify'],
  ['webhook', 'Webhook'],
]

interface Help {
  url: string
  example: string
  /** Null where it has none beside its address. */
  secret: string | null
  secretHint: string
  secretNeeded: boolean
}

/** What each kind of receiver needs. */
export const TARGET_HELP: Readonly<Record<TargetKind, Help>> = {
  ntfy: {
    url: 'The server, with the topic at its end.',
    example: 'https://ntfy.sh/mytopic',
    secret: 'Access token',
    secretHint: 'Only where the topic asks for one.',
    secretNeeded: false,
  },
  discord: {
    url: 'In Discord: the channel’s settings, Integrations, Webhooks, Copy Webhook URL.',
    example: 'https://discord.com/api/webhooks/…',
    secret: null,
    secretHint: '',
    secretNeeded: false,
  },
  slack: {
    url: 'In Slack: your app’s Incoming Webhooks.',
    example: 'https://hooks.slack.com/services/…',
    secret: null,
    secretHint: '',
    secretNeeded: false,
  },
  gotify: {
    url: 'The server, without /message.',
    example: 'https://gotify.example',
    secret: 'Application token',
    secretHint: 'In Gotify: Apps, your application’s token.',
    secretNeeded: true,
  },
  webhook: {
    url: 'What takes a POST with JSON, signed as Standard Webhooks says.',
    example: 'https://receiver.example/autoarr',
    secret: 'Signing secret',
    secretHint: 'whsec_ and 24 to 64 bytes in base64; the receiver needs the same.',
    secretNeeded: true,
  },
}

/** What can be told of. A test is sent by its button alone. */
export const EVENTS: ReadonlyArray<readonly [kind: EventKind, name: string]> = [
  ['recovery.asking', 'A failed download needs a decision'],
  ['recovery.recovered', 'A failed download was recovered'],
  ['recovery.given_up', 'A failed download was given up'],
  ['recovery.local_fault', 'Downloads fail because of a fault here'],
  ['request.asked', 'A request waits for approval'],
  ['request.choosing', 'A request needs a choice of title'],
  ['request.approved', 'A request was approved'],
  ['request.denied', 'A request was denied'],
  ['request.in_plex', 'What was requested is in Plex'],
  ['request.failed', 'A request failed'],
  ['audit.finished', 'An audit is done'],
  ['service.unreachable', 'A service does not answer'],
  ['service.reachable', 'A service answers again'],
]

export const NOTIFICATIONS = {
  title: 'Receivers',
  add: 'Add a receiver',
  list: 'Receivers',
  none: 'Nobody is told of anything yet',
  noneHelp: 'Add a receiver to hear of failed downloads, requests and services that don’t answer.',
  columns: { name: 'Name', kind: 'Kind', place: 'Where', events: 'Told of', state: 'State' },
  unreadable: 'Its address can’t be read any more; enter it again.',
  everything: 'Everything',
  some: (count: number) => `${count} ${count === 1 ? 'kind' : 'kinds'} of events`,
  on: 'On',
  off: 'Off',
  test: 'Test',
  testOf: (name: string) => `Send a test to ${name}`,
  tested: (name: string) => `The test reached ${name}`,
  edit: 'Edit',
  editOf: (name: string) => `Edit ${name}`,
  remove: 'Remove',
  removeOf: (name: string) => `Remove ${name}`,
  removeTitle: (name: string) => `Remove ${name}?`,
  removeLoses:
    'Its stored address and secret are deleted, and with them what it was told. What still waits is not sent.',
  removed: (name: string) => `${name} is told of nothing any more.`,
  saved: (name: string) => `${name} is saved.`,
  added: (name: string) => `${name} is told of what happens from now on. Send it a test.`,
  form: {
    kind: 'Kind',
    name: 'Name',
    url: 'Address',
    urlHint: (what: string, example: string) => `${what} Such as ${example}`,
    urlKept: (place: string) => `One at ${place} is stored, and not shown. Leave this empty to keep it.`,
    urlUnreadable: 'The stored one can’t be read any more: enter it again.',
    secretKept: 'One is stored. Leave this empty to keep it.',
    events: 'What it is told of',
    all: { value: 'all', label: 'Everything' },
    chosen: { value: 'chosen', label: 'Only these:' },
    noneChosen: 'Choose at least one kind of events, or everything.',
    enabled: 'Switched on',
    enabledHint: 'Switched off, it is told of nothing, and what waits for it is not sent.',
    save: 'Save',
    add: 'Add',
    cancel: 'Cancel',
  },
} as const

export const DELIVERIES = {
  title: 'What was told',
  list: 'What was told, the newest first',
  none: 'Nothing was told yet',
  noneSuch: 'Nothing of that kind was told',
  state: 'Show',
  states: [
    ['', 'Everything'],
    ['queued', 'What waits'],
    ['delivered', 'What was delivered'],
    ['failed', 'What failed'],
  ],
  badges: { queued: 'Waits', delivered: 'Delivered', failed: 'Failed' },
  to: (name: string) => `to ${name}`,
  removed: 'a removed receiver',
  attempts: (count: number) => `${count} attempts`,
  next: 'next attempt',
} as const
