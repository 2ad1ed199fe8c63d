/** The first letters of a title's first two words. */
export function initials(title: string): string {
  return title
    .split(/[\s.]+/)
    .filter((word) => /^[\p{L}\p{N}]/u.test(word))
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase())
    .join('')
}
