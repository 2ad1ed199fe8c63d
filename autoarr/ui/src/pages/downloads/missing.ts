import type { Schema } from '../../api/types.ts'
import { enumerate, texts } from './texts.ts'

type Source = Schema<'QueueSource'>

/** What the list lacks, a sentence for each kind of lack. */
export function describeMissing(sources: readonly Source[]): string[] {
  const names = (wanted: (source: Source) => boolean) => sources.filter(wanted).map(({ name }) => name)
  const unknown = names(({ state }) => state === 'unknown')
  const stale = names(({ state }) => state === 'stale')
  const cut = sources.filter(({ state, complete }) => state !== 'unknown' && !complete)
  return [
    ...(unknown.length > 0 ? [texts.unknownOf(enumerate(unknown))] : []),
    ...(stale.length > 0 ? [texts.staleOf(enumerate(stale))] : []),
    ...cut.map(({ name, total }) => texts.partOf(name, total ?? 0)),
  ]
}
