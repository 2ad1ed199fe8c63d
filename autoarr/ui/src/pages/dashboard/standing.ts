import type { Schema } from '../../api/types.ts'

type Block = Schema<'Block'>

interface Standing {
  state: Block['state']
  at: string | null
}

/** What of several blocks is the least: the worst state, and the oldest answer. Null where there is none. */
export function worst(blocks: readonly Block[]): Standing | null {
  if (blocks.length === 0) {
    return null
  }
  const has = (state: Block['state']) => blocks.some((block) => block.state === state)
  const seen = blocks.flatMap(({ observed_at }) => observed_at ?? []).sort()
  return { state: has('unknown') ? 'unknown' : has('stale') ? 'stale' : 'fresh', at: seen[0] ?? null }
}
