export const MCP = {
  address: {
    title: 'Connect an MCP client',
    explain:
      'Any MCP client can use AutoArr’s tools. No tool writes: one that would gives a preview, and you confirm it, in the client where it can ask, else here.',
    label: 'the address',
    name: 'Address (streamable HTTP)',
    header: 'The header it needs is Authorization: Bearer with an API token. There is no OAuth.',
    tls: 'Over a network that isn’t yours alone, put a reverse proxy with TLS before AutoArr.',
  },
  token: {
    title: 'A token for it',
    explain:
      'Each client gets a token of its own, so that it can be revoked alone. A token for requesters has fewer tools than one for administrators.',
    make: 'Make a token',
    manage: 'All API tokens',
    fill: 'It stands in the texts below until you leave this page.',
  },
  clients: {
    title: 'Ready to copy',
    pick: 'Client',
    container: 'The container is taken to be called autoarr.',
  },
} as const

/** What stands for the token where none was just made. */
export const PLACEHOLDER = 'aa_…'
