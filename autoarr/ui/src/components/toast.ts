import { createStore } from '../store.ts'

interface Toast {
  id: number
  text: string
  tone: 'good' | 'bad'
  undo?: { label: string; run: () => void }
}

/** Milliseconds that a toast stays; one with something to press, and a bad one, stays longer. */
const STAYS_MS = 6000
const STAYS_LONG_MS = 15_000

const { get: getToasts, set, subscribe } = createStore<readonly Toast[]>([])

export { getToasts, subscribe }

let next = 0

/** Takes a toast away. */
export function dismiss(id: number): void {
  set(getToasts().filter((toast) => toast.id !== id))
}

/** Says what has just been done, and offers to undo it where that can be. */
export function toast(
  text: string,
  { tone = 'good', undo }: Partial<Pick<Toast, 'tone' | 'undo'>> = {},
): void {
  const id = next++
  set([...getToasts(), { id, text, tone, ...(undo && { undo }) }])
  setTimeout(() => dismiss(id), undo || tone === 'bad' ? STAYS_LONG_MS : STAYS_MS)
}
