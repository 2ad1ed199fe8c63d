/** A value that lives outside of components, for `useSyncExternalStore`. */
export interface Store<T> {
  get: () => T
  /** Takes another value, and tells who listens where it is another. */
  set: (next: T) => void
  /** @returns a function that ends it */
  subscribe: (listener: () => void) => () => void
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    set: (next) => {
      if (next !== value) {
        value = next
        for (const listener of listeners) {
          listener()
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
