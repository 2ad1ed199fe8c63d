/**
 * What the services' blocks hold, which the API's description leaves open. Each guard gives null for what it doesn't
 * understand: that is unknown, and nothing else.
 */

type Json = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** A list of what `read` understands; null where one of it isn't understood. */
function list<T>(value: unknown, read: (item: Json) => T | null): T[] | null {
  if (!Array.isArray(value)) {
    return null
  }
  const items = value.map((item: unknown) => (isObject(item) ? read(item) : null))
  return items.every((item) => item !== null) ? items : null
}

export function readVersion(data: unknown): string | null {
  return isObject(data) ? text(data['version']) : null
}

export function readTotal(data: unknown): number | null {
  return isObject(data) ? count(data['total']) : null
}

export interface Issue {
  level: string
  message: string
  /** Where it is explained; null where nothing can be opened. */
  wiki: string | null
}

export function readHealth(data: unknown): { total: number; issues: Issue[] } | null {
  const total = readTotal(data)
  const issues = isObject(data)
    ? list(data['issues'], (item) => {
        const message = text(item['message'])
        const wiki = text(item['wiki_url'])
        return message === null
          ? null
          : { level: text(item['level']) ?? '', message, wiki: wiki?.startsWith('https://') ? wiki : null }
      })
    : null
  return total === null || issues === null ? null : { total, issues }
}

export interface Work {
  paused: boolean
  /** Bytes a second; null where that isn't known. */
  speed: number | null
}

/** What SABnzbd is doing; null of others. */
export function readWork(data: unknown): Work | null {
  return isObject(data) && typeof data['paused'] === 'boolean'
    ? { paused: data['paused'], speed: count(data['bytes_per_s']) }
    : null
}

export interface Folder {
  path: string
  free: number | null
  total: number | null
}

export function readDisk(data: unknown): Folder[] | null {
  return isObject(data)
    ? list(data['folders'], (item) => {
        const path = text(item['path'])
        return path === null
          ? null
          : { path, free: count(item['free_bytes']), total: count(item['total_bytes']) }
      })
    : null
}

export interface Session {
  title: string
  user: string | null
  player: string | null
  state: string | null
  /** A part of 1; null where it isn't known. */
  progress: number | null
  transcoded: boolean
}

export function readSessions(data: unknown): { total: number; items: Session[] } | null {
  const total = readTotal(data)
  const items = isObject(data)
    ? list(data['items'], (item) => ({
        title: text(item['title']) ?? '?',
        user: text(item['user']),
        player: text(item['player']),
        state: text(item['state']),
        progress: count(item['progress']),
        transcoded: item['transcoded'] === true,
      }))
    : null
  return total === null || items === null ? null : { total, items }
}
