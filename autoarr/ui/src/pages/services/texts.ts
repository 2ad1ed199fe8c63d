import type { ServiceKind } from '../../api/types.ts'

/** What each kind of service is called. */
export const KIND_NAMES: Readonly<Record<ServiceKind, string>> = {
  sonarr: 'Sonarr',
  radarr: 'Radarr',
  sabnzbd: 'SABnzbd',
  plex: 'Plex',
}

/** What there is to know about each kind when it is connected. */
export const KIND_HELP: Readonly<Record<ServiceKind, { address: string; keyName: string; key: string }>> = {
  sonarr: {
    address: 'http://sonarr:8989',
    keyName: 'API key',
    key: 'In Sonarr: Settings, General, Security, API Key.',
  },
  radarr: {
    address: 'http://radarr:7878',
    keyName: 'API key',
    key: 'In Radarr: Settings, General, Security, API Key.',
  },
  sabnzbd: {
    address: 'http://sabnzbd:8080',
    keyName: 'API key',
    key: 'In SABnzbd: Config, General, API Key (not the NZB key).',
  },
  plex: {
    address: 'http://plex:32400',
    keyName: 'Token',
    key: 'In Plex Web: an item’s menu, Get Info, View XML; the address then ends in X-Plex-Token=…',
  },
}

export const TEXTS = {
  title: 'Services',
  add: 'Add a service',
  none: 'No service is connected',
  noneHelp: 'AutoArr watches Sonarr, Radarr, SABnzbd and Plex. Connect one to begin.',
  runSetup: 'Go through the setup',
  list: 'Connected services',
  columns: { name: 'Name', kind: 'Kind', address: 'Address', version: 'Version', state: 'State' },
  states: {
    fresh: 'Answers',
    stale: 'Answered before',
    unknown: 'Unknown',
    disabled: 'Switched off',
  },
  never: 'It has not answered yet.',
  asked: 'Asked',
  insecure: 'Certificate not verified',
  edit: 'Edit',
  editOf: (name: string) => `Edit ${name}`,
  test: 'Test',
  testOf: (name: string) => `Test ${name}`,
  remove: 'Remove',
  removeOf: (name: string) => `Remove ${name}`,
  gone: 'There is no such service. It may have been removed.',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeLoses:
    'Its findings, what was last seen of it, and its stored key are deleted. Nothing changes in the service itself; what AutoArr wrote to it stays as it is, and so do the changes and the activity here.',
  removed: (name: string) => `${name} is no longer connected.`,
  form: {
    kind: 'Kind',
    name: 'Name',
    nameHint: 'As you call it; each service has its own.',
    url: 'Address',
    urlHint: (example: string) =>
      `As AutoArr reaches it, with its URL base if it has one. Such as ${example}`,
    keyKept: 'One is stored. Leave this empty to keep it.',
    enabled: 'AutoArr watches this service',
    enabledHint: 'Switched off, it is neither asked nor changed.',
    more: 'Certificates and folders',
    ca: 'Certificate of its own authority',
    caHint:
      'In PEM, beginning with -----BEGIN CERTIFICATE-----. Needed where https uses a certificate that no public authority has signed.',
    insecure: 'Don’t verify its certificate',
    insecureHint:
      'Whoever stands between can then read and use its key. A certificate above is the better way.',
    mappings: 'Folders that are called otherwise elsewhere',
    mappingsHint:
      'Needed only where services see the same folder under different paths, as containers often do.',
    remote: 'Path in this service',
    local: 'Path for the others',
    addMapping: 'Add a folder',
    removeMapping: 'Remove this folder',
    test: 'Test',
    testNeedsKey: 'To test the changed address before it is saved, enter the key as well.',
    passed: 'It works',
    save: 'Save',
    create: (name: string) => `Test and add ${name}`,
    anyway: 'Add it all the same',
    anywayHint: 'It is asked again and again, and shown as unknown until it answers.',
    cancel: 'Cancel',
    added: (name: string) => `${name} is connected.`,
    addedAnyway: (name: string) => `${name} is added; it does not answer yet.`,
    saved: (name: string) => `${name} is saved.`,
  },
} as const
