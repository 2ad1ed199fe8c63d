/** The address that advice is from; null where it is AutoArr's own, or nothing that can be opened. */
export function sourceOf(source: string): URL | null {
  const address = URL.parse(source)
  return address?.protocol === 'https:' || address?.protocol === 'http:' ? address : null
}
