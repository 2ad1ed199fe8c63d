import {
  amount,
  demand,
  field,
  type JsonObject,
  object,
  oneOf,
  optional,
  RefusedAnswer,
  text,
} from './guards.ts'

/** What one dependency of the server said. */
export interface Check {
  name: string
  ok: boolean
  latencyMs: number | null
  detail: string | null
}

export interface Readiness {
  ready: boolean
  /** Why not, where the answer is a problem without checks. */
  reason: string | null
  checks: Check[]
}

export const READINESS_PATH = '/health/ready'

/** The statuses with which the server answers this question. */
export const READINESS_STATUSES: ReadonlySet<number> = new Set([200, 503])

/**
 * Reads the body of `GET /health/ready`: 200 with `{status: "ready", checks}`, or 503 with
 * `{status: "unavailable", checks}` or an RFC 9457 problem.
 *
 * @throws RefusedAnswer when a part is missing or wrong, or the parts contradict each other
 */
export function readReadiness(body: unknown, httpStatus: number): Readiness {
  const answer = demand(body, object, 'the answer')
  if (httpStatus === 503 && typeof answer['status'] === 'number') {
    return readProblem(answer)
  }
  const status = field(answer, 'status', oneOf('ready', 'unavailable'))
  const ready = status === 'ready'
  if (ready !== (httpStatus === 200)) {
    throw new RefusedAnswer(`status: "${status}" contradicts HTTP ${httpStatus}`)
  }
  const checks = readChecks(field(answer, 'checks', object))
  const failed = checks.find((check) => !check.ok)
  if (ready && failed !== undefined) {
    throw new RefusedAnswer(`status: "ready" contradicts the failed check "${failed.name}"`)
  }
  return { ready, reason: null, checks }
}

function readProblem(problem: JsonObject): Readiness {
  const title = field(problem, 'title', text)
  const checks = optional(problem, 'checks', object)
  return {
    ready: false,
    reason: optional(problem, 'detail', text) ?? title,
    checks: checks === null ? [] : readChecks(checks),
  }
}

function readChecks(checks: JsonObject): Check[] {
  return Object.entries(checks).map(([name, value]) => {
    const where = `checks.${name}`
    const check = demand(value, object, where)
    return {
      name,
      ok: field(check, 'status', oneOf('ok', 'error'), where) === 'ok',
      latencyMs: optional(check, 'latency_ms', amount, where),
      detail: optional(check, 'detail', text, where),
    }
  })
}
