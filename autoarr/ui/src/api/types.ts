import type { components } from './schema.d.ts'

/** What the API calls by this name. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

export type ServiceKind = Schema<'ServiceView'>['kind']
