/** The parts of the settings, in the order of their links. */
export const PARTS = [
  { part: 'policy', name: 'Policy' },
  { part: 'notifications', name: 'Notifications' },
  { part: 'appearance', name: 'Appearance' },
  { part: 'mcp', name: 'MCP' },
  { part: 'backup', name: 'Backup' },
  { part: 'about', name: 'About' },
] as const

export type Part = (typeof PARTS)[number]['part']

export const SETTINGS = {
  title: 'Settings',
  parts: 'Parts of the settings',
} as const

export const APPEARANCE = {
  title: 'Theme',
  explain: 'Kept in this browser only.',
  legend: 'Theme',
  options: [
    { value: 'system', label: 'As this device', explained: 'Follows what is set for the whole device.' },
    { value: 'light', label: 'Light' },
    { value: 'dark', label: 'Dark' },
  ],
} as const

export const ABOUT = {
  title: 'This build',
  facts: {
    version: 'Version',
    revision: 'Commit',
    created: 'Built',
    python: 'Python',
    libc: 'C library',
    platform: 'Platform',
    database: 'Database',
    started: 'Started',
    instance: 'Instance',
  },
  databases: { sqlite: 'SQLite', postgresql: 'PostgreSQL' },
  python: (implementation: string, version: string) => `${implementation} ${version}`,
  libc: (name: string, version: string | null) => (version === null ? name : `${name} ${version}`),
  status: 'Server status',
  statusExplain: 'Whether the server, its database and Redis answer; it can be seen without logging in.',
} as const
