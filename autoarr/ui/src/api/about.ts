import { amount, demand, field, object, oneOf, orNull, text, timestamp } from './guards.ts'

/** Which build answers, and what it runs on. */
export interface About {
  name: string
  version: string
  revision: string | null
  /** When the image was built (RFC 3339). */
  created: string | null
  python: string
  implementation: string
  libc: { name: 'musl' | 'glibc' | 'unknown'; version: string | null }
  /** As in OCI images, for example linux/amd64. */
  platform: string
  database: 'sqlite' | 'postgresql'
  /** When the process started (RFC 3339). */
  startedAt: string
  /** Seconds the process had been running when it answered. */
  uptimeS: number
}

export const ABOUT_PATH = '/api/v1/about'

export const ABOUT_STATUSES: ReadonlySet<number> = new Set([200])

/**
 * Reads the body of `GET /api/v1/about`. Fields this page doesn't know are ignored.
 *
 * @throws RefusedAnswer when a field is missing or wrong
 */
export function readAbout(body: unknown): About {
  const answer = demand(body, object, 'the answer')
  const libc = field(answer, 'libc', object)
  return {
    name: field(answer, 'name', text),
    version: field(answer, 'version', text),
    revision: field(answer, 'revision', orNull(text)),
    created: field(answer, 'created', orNull(timestamp)),
    python: field(answer, 'python', text),
    implementation: field(answer, 'implementation', text),
    libc: {
      name: field(libc, 'name', oneOf('musl', 'glibc', 'unknown'), 'libc'),
      version: field(libc, 'version', orNull(text), 'libc'),
    },
    platform: field(answer, 'platform', text),
    database: field(answer, 'database', oneOf('sqlite', 'postgresql')),
    startedAt: field(answer, 'started_at', timestamp),
    uptimeS: field(answer, 'uptime_s', amount),
  }
}
