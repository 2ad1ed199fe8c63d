/** A value of an upstream setting, in words. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) {
    return 'not set'
  }
  if (typeof value === 'string') {
    return value === '' ? 'empty' : value
  }
  if (typeof value === 'boolean') {
    return value ? 'on' : 'off'
  }
  return typeof value === 'number' ? String(value) : JSON.stringify(value, null, 1)
}
