export interface Toast {
  id: number
  text: string
  tone: 'good' | 'bad'
  undo?: { label: string; run: () => void }
}

/** Milliseconds that a toast stays; one with something to press, and a bad one, stays longer. */
const STAYS_MS = 6000
const STAYS_LONG_MS = 15_000

let toasts: readonly Toast[] = []
let next = 0
const listeners = new Set<() => void>()

function set(changed: readonly Toast[]): void {
  toasts = changed
  for (const listener of listeners) {
    listener()
  }
}

/** Takes a toast away. */
export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id))
}

/** Says what has just been done, and offers to undo it where that can be. */
export function toast(
  text: string,
  { tone = 'good', undo }: Partial<Pick<Toast, 'tone' | 'undo'>> = {},
): void {
  const id = next++
  set([...toasts, { id, text, tone, ...(undo && { undo }) }])
  setTimeout(() => dismiss(id), undo || tone === 'bad' ? STAYS_LONG_MS : STAYS_MS)
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function getToasts(): readonly Toast[] {
  return toasts
}
