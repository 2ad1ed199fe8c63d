import type { Schema } from '../../api/types.ts'
import type { Tone } from '../../components/Badge.tsx'
import { TEXTS } from './texts.ts'

/** How a service is, as its row says it. */
export interface State {
  tone: Tone
  text: string
  /** When it was last asked with success; null where it never was. */
  at: string | null
  failure: Schema<'Failure'> | null
}

/** The block that tells whether a service answers. */
const IDENTITY = 'version'

/**
 * @param part of the dashboard; undefined where the dashboard isn't known, or doesn't have the service yet
 */
export function stateOf(service: Schema<'ServiceView'>, part: Schema<'ServicePart'> | undefined): State {
  if (!service.enabled) {
    return { tone: 'rest', text: TEXTS.states.disabled, at: null, failure: null }
  }
  const identity = part?.blocks[IDENTITY]
  const state = part?.state ?? 'unknown'
  const failure = identity?.failure ?? null
  return {
    tone: state === 'fresh' ? 'good' : failure ? 'bad' : 'doubt',
    text: TEXTS.states[state],
    at: identity?.observed_at ?? null,
    failure,
  }
}
