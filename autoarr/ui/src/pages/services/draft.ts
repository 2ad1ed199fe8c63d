import type { Schema, ServiceKind } from '../../api/types.ts'

type Service = Schema<'ServiceView'>

/** What the form holds. */
export interface Draft {
  kind: ServiceKind
  name: string
  url: string
  /** Empty where the stored one stays. */
  key: string
  /** Empty for none. */
  ca: string
  insecure: boolean
  enabled: boolean
  mappings: readonly Mapping[]
}

export interface Mapping {
  /** Tells rows of the form apart. */
  row: number
  remote: string
  local: string
}

/** A name that no service has yet: the kind's, or with a number. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()))
  let name = wanted
  for (let number = 2; names.has(name.toLowerCase()); number++) {
    name = `${wanted} ${number}`
  }
  return name
}

export function emptyDraft(kind: ServiceKind, name: string): Draft {
  return { kind, name, url: '', key: '', ca: '', insecure: false, enabled: true, mappings: [] }
}

export function draftOf(service: Service): Draft {
  return {
    kind: service.kind,
    name: service.name,
    url: service.url,
    key: '',
    ca: service.tls_ca ?? '',
    insecure: service.tls_insecure,
    enabled: service.enabled,
    mappings: service.path_mappings.map(({ remote, local }, row) => ({ row, remote, local })),
  }
}

export function addMapping(mappings: readonly Mapping[]): readonly Mapping[] {
  const row = Math.max(-1, ...mappings.map((mapping) => mapping.row)) + 1
  return [...mappings, { row, remote: '', local: '' }]
}

/** The mappings that say something; a row left empty is none. */
function mappingsOf(draft: Draft): Schema<'PathMapping'>[] {
  return draft.mappings
    .map(({ remote, local }) => ({ remote: remote.trim(), local: local.trim() }))
    .filter(({ remote, local }) => remote !== '' || local !== '')
}

export function asAddress(draft: Draft): Schema<'Address'> {
  return {
    kind: draft.kind,
    url: draft.url.trim(),
    api_key: draft.key.trim(),
    tls_ca: draft.ca.trim() || null,
    tls_insecure: draft.insecure,
  }
}

export function asNew(draft: Draft): Schema<'NewService'> {
  return {
    ...asAddress(draft),
    name: draft.name.trim(),
    enabled: draft.enabled,
    path_mappings: mappingsOf(draft),
  }
}

/** What of a service is to be changed. */
export function asPatch(draft: Draft, service: Service): Schema<'ServicePatch'> {
  const { name, url, tls_ca, tls_insecure, enabled, path_mappings, api_key } = asNew(draft)
  return {
    ...(name !== service.name && { name }),
    ...(url !== service.url && { url }),
    ...(api_key !== '' && { api_key }),
    ...(tls_ca !== (service.tls_ca?.trim() || null) && { tls_ca: tls_ca ?? null }),
    ...(tls_insecure !== service.tls_insecure && { tls_insecure }),
    ...(enabled !== service.enabled && { enabled }),
    ...(JSON.stringify(path_mappings) !== JSON.stringify(service.path_mappings) && { path_mappings }),
  }
}

/**
 * How what is entered can be tested: as it stands, which needs its key; as it is saved, which is the same where
 * nothing of the address was changed; or not before the key is entered, as the stored one is never sent elsewhere.
 */
export function wayToTest(draft: Draft, service: Service | null): 'entered' | 'saved' | 'needs_key' {
  if (draft.key.trim() !== '') {
    return 'entered'
  }
  if (service === null) {
    return 'needs_key'
  }
  const { url, tls_ca, tls_insecure } = asPatch(draft, service)
  return url === undefined && tls_ca === undefined && tls_insecure === undefined ? 'saved' : 'needs_key'
}
