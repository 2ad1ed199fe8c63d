/** Why the server refused, as an RFC 9457 problem, or what stands in for one where the answer was none. */
export class Problem extends Error {
  override name = 'Problem'
  /** The HTTP status; 0 where nothing answered. */
  readonly status: number
  readonly title: string
  /** Seconds after which the server asks to come again. */
  readonly retryAfterS: number | null
  /** What is wrong with each field of what was sent, by its name. */
  readonly fields: ReadonlyMap<string, string>

  constructor(
    status: number,
    title: string,
    detail: string,
    more: { retryAfterS?: number | null; fields?: ReadonlyMap<string, string> } = {},
  ) {
    super(detail)
    this.status = status
    this.title = title
    this.retryAfterS = more.retryAfterS ?? null
    this.fields = more.fields ?? new Map()
  }
}

/** Says that nothing answered. */
export function unreachable(): Problem {
  return new Problem(0, 'No answer', 'AutoArr did not answer. Is it running, and is the network up?')
}

/** Says that something answered, but not as AutoArr does. */
export function unexpected(status: number, retryAfterS: number | null = null): Problem {
  const detail = `The answer is not one of AutoArr's (HTTP ${status}). A proxy in between may be at fault.`
  return new Problem(status, 'Unexpected answer', detail, { retryAfterS })
}

type Json = Record<string, unknown>

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads why `response` is a refusal; whatever its body is, there is something to say. */
export async function readProblem(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get('Retry-After'))
  const retryAfterS = Number.isFinite(retry) && retry > 0 ? retry : null
  let body: unknown = null
  try {
    body = await response.json()
  } catch {
    // Not JSON, such as the page of a proxy: its status has to do.
  }
  if (!isObject(body) || typeof body['title'] !== 'string') {
    return unexpected(response.status, retryAfterS)
  }
  const fields = readFields(body['errors'])
  const detail = typeof body['detail'] === 'string' ? body['detail'] : body['title']
  return new Problem(response.status, body['title'], detail, { retryAfterS, fields })
}

function readFields(errors: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  if (Array.isArray(errors)) {
    for (const error of errors) {
      if (isObject(error) && Array.isArray(error['location']) && typeof error['message'] === 'string') {
        fields.set(String(error['location'].at(-1)), readable(error['message']))
      }
    }
  }
  return fields
}

/** `Value error, it needs …`, as the server's checks put it, as a sentence's beginning. */
function readable(message: string): string {
  const said = message.replace(/^(Value|Assertion) error, /, '')
  return `${said.slice(0, 1).toUpperCase()}${said.slice(1)}`
}

/** What went wrong, from anything thrown. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) {
    return thrown
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new Problem(0, 'This page failed', message)
}
