/** `check its API key` as a sentence of its own. */
export function asSentence(text: string): string {
  const whole = text.trim()
  return `${whole.slice(0, 1).toUpperCase()}${whole.slice(1)}${/[.!?]$/.test(whole) ? '' : '.'}`
}
