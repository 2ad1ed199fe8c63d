import { type ComponentType, lazy } from 'react'

/** Says that a part of the application could not be fetched. */
export class UnloadedError extends Error {
  override name = 'UnloadedError'
}

/** A component that is fetched when it is first shown. What it throws where that fails, `ErrorBoundary` understands. */
// biome-ignore lint/suspicious/noExplicitAny: whatever its properties are
export function lazily<C extends ComponentType<any>>(load: () => Promise<{ default: C }>) {
  return lazy(async () => {
    try {
      return await load()
    } catch {
      throw new UnloadedError()
    }
  })
}
