import { showValue } from '../../components/values.ts'

/** Characters of a value that stand in a list. */
const LONGEST = 80

/** A value of a setting, lists of words as such. */
export function inWords(value: unknown): string {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? value.join(', ') || 'none'
    : showValue(value)
}

/** A value of a setting in one short line. */
export function brief(value: unknown): string {
  const line = inWords(value).replace(/\s+/g, ' ')
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}
