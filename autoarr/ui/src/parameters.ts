/** Changes one parameter of an address; an empty value takes it away. */
export function withParameter(search: URLSearchParams, name: string, value: string): URLSearchParams {
  const changed = new URLSearchParams(search)
  if (value === '') {
    changed.delete(name)
  } else {
    changed.set(name, value)
  }
  return changed
}
