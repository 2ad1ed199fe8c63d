/** An answer that isn't what the API promises; the message says where and how. */
export class RefusedAnswer extends Error {
  override name = 'RefusedAnswer'
}

export type JsonObject = Record<string, unknown>

/** A type guard together with what it wants, in words. */
export interface Guard<T> {
  accepts: (value: unknown) => value is T
  wants: string
}

export const text: Guard<string> = {
  accepts: (value): value is string => typeof value === 'string' && value !== '',
  wants: 'text',
}

/** Zero or more; a duration or a latency. */
export const amount: Guard<number> = {
  accepts: (value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  wants: 'a number that is not negative',
}

/** An RFC 3339 date and time. */
export const timestamp: Guard<string> = {
  accepts: (value): value is string =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)),
  wants: 'a date and time',
}

export const object: Guard<JsonObject> = {
  accepts: (value): value is JsonObject =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
  wants: 'an object',
}

export function oneOf<const T extends string>(...choices: T[]): Guard<T> {
  return {
    accepts: (value): value is T => choices.some((choice) => choice === value),
    wants: choices.map((choice) => `"${choice}"`).join(' or '),
  }
}

export function orNull<T>(guard: Guard<T>): Guard<T | null> {
  return {
    accepts: (value): value is T | null => value === null || guard.accepts(value),
    wants: `${guard.wants} or null`,
  }
}

/** Returns `value` as the type that `guard` stands for, or throws a `RefusedAnswer` that names `where`. */
export function demand<T>(value: unknown, guard: Guard<T>, where: string): T {
  if (guard.accepts(value)) {
    return value
  }
  throw new RefusedAnswer(`${where}: expected ${guard.wants}, got ${describe(value)}`)
}

/** Reads the field `name` of `source`, itself found at `where` ('' for the whole answer). */
export function field<T>(source: JsonObject, name: string, guard: Guard<T>, where = ''): T {
  return demand(source[name], guard, where === '' ? name : `${where}.${name}`)
}

/** Like `field`, for one that may be absent or null. */
export function optional<T>(source: JsonObject, name: string, guard: Guard<T>, where = ''): T | null {
  return source[name] === undefined ? null : field(source, name, orNull(guard), where)
}

const LONGEST = 40

function describe(value: unknown): string {
  if (value === undefined) {
    return 'nothing'
  }
  const json = JSON.stringify(value)
  return json.length <= LONGEST ? json : `${json.slice(0, LONGEST)}…`
}
