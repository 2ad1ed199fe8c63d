/** A value in which texts from outside stand as such, and no longer as `{"untrusted": "…"}`. */
export function unfence(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(unfence)
  }
  if (typeof value !== 'object' || value === null) {
    return value
  }
  if ('untrusted' in value && Object.keys(value).length === 1) {
    return value.untrusted
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unfence(part)]))
}

interface Field {
  field: string
  before: unknown
  after: unknown
}

/** A preview as it is shown. */
export interface Preview {
  summary: string
  /** What would change. */
  fields: Field[]
  /** What else there is to know, in words. */
  facts: Array<readonly [string, string]>
}

/** What says nothing to a person. */
const LEFT_OUT = /(^|_)(id|url|fingerprint)$/

/** Reads the preview of a write. */
export function readPreview(preview: Readonly<Record<string, unknown>>): Preview {
  const { summary, details } = unfence(preview) as { summary?: unknown; details?: unknown }
  const shown = asObject(details)
  const fields = Array.isArray(shown['fields']) ? shown['fields'].map(asObject).map(asField) : []
  return {
    summary: typeof summary === 'string' ? summary : '',
    fields,
    facts: listFacts(Object.fromEntries(Object.entries(shown).filter(([key]) => key !== 'fields'))),
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function asField(value: Record<string, unknown>): Field {
  return { field: String(value['field']), before: value['before'], after: value['after'] }
}

function listFacts(shown: Record<string, unknown>): Array<readonly [string, string]> {
  return Object.entries(shown).flatMap(([key, value]) => {
    if (value === null || value === '' || LEFT_OUT.test(key)) {
      return []
    }
    if (Array.isArray(value)) {
      return value.length > 0 ? [[humanise(key), value.map(show).join(', ')] as const] : []
    }
    return typeof value === 'object'
      ? listFacts(value as Record<string, unknown>)
      : [[humanise(key), show(value)] as const]
  })
}

function humanise(key: string): string {
  const words = key.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function show(value: unknown): string {
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no'
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
