import { object, RefusedAnswer, text } from './guards.ts'

/** Milliseconds the server has for an answer; it gives each of its own checks two seconds. */
export const DEADLINE_MS = 4000

/** Why nothing was learnt: there was no answer, or one that can't be right. */
export interface Failure {
  kind: 'unreachable' | 'broken'
  message: string
}

export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export interface Question<T> {
  path: string
  /** The HTTP statuses that `read` understands. */
  statuses: ReadonlySet<number>
  /** Turns the parsed body into a value, or throws `RefusedAnswer`. */
  read: (body: unknown, httpStatus: number) => T
}

/** Asks the server once. Never rejects: whatever goes wrong is part of the answer. */
export async function ask<T>(question: Question<T>, signal: AbortSignal): Promise<Answer<T>> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), DEADLINE_MS)
  let response: Response
  let content: string
  try {
    response = await fetch(question.path, {
      cache: 'no-store',
      headers: { Accept: 'application/json' },
      signal: AbortSignal.any([signal, deadline.signal]),
    })
    content = await response.text()
  } catch {
    const message = deadline.signal.aborted
      ? `No answer within ${DEADLINE_MS / 1000} s.`
      : 'The server did not answer.'
    return { ok: false, failure: { kind: 'unreachable', message } }
  } finally {
    clearTimeout(timer)
  }
  return understand(question, response, content)
}

function understand<T>(question: Question<T>, response: Response, content: string): Answer<T> {
  try {
    const body = parse(response, content)
    if (!question.statuses.has(response.status)) {
      throw new RefusedAnswer(problemOf(body) ?? 'nothing that this page expects')
    }
    return { ok: true, value: question.read(body, response.status) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${question.path} answered with HTTP ${response.status}: ${reason}`
    return { ok: false, failure: { kind: 'broken', message } }
  }
}

function parse(response: Response, content: string): unknown {
  const type = response.headers.get('Content-Type')?.split(';')[0]?.trim() ?? 'no content type'
  if (!/^application\/(.+\+)?json$/i.test(type)) {
    throw new RefusedAnswer(`expected JSON, got ${type}`)
  }
  try {
    return JSON.parse(content)
  } catch {
    throw new RefusedAnswer('the content is not valid JSON')
  }
}

/** The gist of an RFC 9457 problem, where `body` is one. */
function problemOf(body: unknown): string | null {
  if (!object.accepts(body) || !text.accepts(body['title'])) {
    return null
  }
  return text.accepts(body['detail']) ? `${body['title']}: ${body['detail']}` : body['title']
}
