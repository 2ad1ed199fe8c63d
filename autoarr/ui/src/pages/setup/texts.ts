import { formatDuration } from '../../format.ts'

export const FIRST_USER = {
  title: 'Welcome to AutoArr',
  intro:
    'AutoArr watches over Sonarr, Radarr, SABnzbd and Plex: it checks their configuration, recovers failed downloads and takes requests. First make the account of its administrator, who lets others in.',
  form: 'The first account',
  name: 'Name',
  password: 'Password',
  repeat: 'Password once more',
  submit: 'Make the account',
  done: 'Somebody has made the first account meanwhile. Log in with it.',
} as const

export const SETUP = {
  title: 'Setup',
  intro: 'You can leave at any time: what is done stays done, and this page goes on from there.',
  leave: 'Leave for now',
  leaveDone: 'To the dashboard',
  steps: 'Steps',
  services: 'Services',
  servicesCount: (connected: number, of: number) => `${connected} of ${of} connected`,
  audit: 'First audit',
  done: 'Where to go next',
  marks: { done: 'Done', open: 'Not yet', skipped: 'Not connected' },
  connect: (name: string) => `Connect ${name}`,
  connected: (name: string) => `${name} is connected`,
  why: {
    sonarr: 'Sonarr finds and keeps series.',
    radarr: 'Radarr finds and keeps films.',
    sabnzbd: 'SABnzbd downloads what they grab.',
    plex: 'Plex shows what has arrived.',
  },
  enabledNot: 'switched off',
  skip: (name: string) => `Skip ${name}`,
  skipHint: 'You can connect it later, under Services.',
  goOn: 'Continue',
  another: (name: string) => `Connect another ${name}`,
  change: 'Change under Services',
} as const

export const AUDIT = {
  explain:
    'An audit reads the configuration of each service and compares it with cited best practice. It changes nothing; you decide later, finding by finding.',
  needsService: 'No service is connected yet',
  needsServiceHelp: 'Connect at least one, then there is something to look at.',
  start: 'Start the audit',
  again: 'Run it again',
  queued: 'The audit waits for its turn.',
  running: (seconds: number) => `The audit is running, for ${formatDuration(seconds)} so far.`,
  progress: 'Audit',
  failed: 'The audit failed',
  failedUnknown: 'It gave no reason; see the server’s log.',
  finished: 'The audit is done',
  score: 'Score',
  scoreOf: (score: number) => `${score.toLocaleString('en-GB')} of 100`,
  scoreUnknown: 'No score: nothing could be looked at.',
  counts: {
    passed: (count: number) => `${count} as they should be`,
    failed: (count: number) => `${count} to look at`,
    unknown: (count: number) => `${count} unknown`,
    ignored: (count: number) => `${count} ignored`,
  },
  unknownHelp: 'Unknown is what a service could not be asked, or does not tell.',
  byService: 'By service',
  columns: {
    service: 'Service',
    score: 'Score',
    failed: 'To look at',
    unknown: 'Unknown',
    passed: 'As they should be',
  },
  removed: 'A removed service',
  noScore: 'Unknown',
  toFindings: 'See the findings',
  goOn: 'Continue',
} as const

export const DONE = {
  intro: 'AutoArr watches from now on. Until you change its policy it asks before it writes anything.',
  open: 'The setup is not complete: it needs one service and one audit.',
  links: [
    { href: '/', name: 'Dashboard', what: 'Health, queue, disk and the score at a glance.' },
    {
      href: '/findings',
      name: 'Findings',
      what: 'What the audit found, each with its reason, source and fix.',
    },
    { href: '/settings/policy', name: 'Policy', what: 'What AutoArr may do without asking, and when.' },
    { href: '/users', name: 'Users', what: 'Accounts for those who may ask for films and series.' },
    {
      href: '/settings/notifications',
      name: 'Notifications',
      what: 'Be told of what happens, by ntfy, Discord and others.',
    },
    { href: '/settings/mcp', name: 'MCP', what: 'Use AutoArr from Claude, VS Code and other MCP clients.' },
  ],
} as const
