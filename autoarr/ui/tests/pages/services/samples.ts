import type { Schema } from '../../../src/api/types.ts'

export const SONARR: Schema<'ServiceView'> = {
  id: '7f9c24e8-3b12-4fef-91e0-6e9e0c1b7a51',
  kind: 'sonarr',
  name: 'Sonarr',
  url: 'http://sonarr:8989',
  api_key_set: true,
  enabled: true,
  tls_ca: null,
  tls_insecure: false,
  warning: null,
  path_mappings: [{ remote: '/tv', local: '/data/tv' }],
  version: '4.0.16.2944',
  capabilities: {},
  discovered_at: '2026-01-31T12:00:00Z',
  created_at: '2026-01-31T12:00:00Z',
  updated_at: '2026-01-31T12:00:00Z',
}
