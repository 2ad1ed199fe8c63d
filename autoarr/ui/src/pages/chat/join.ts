import type { Schema } from '../../api/types.ts'
import { fromConversation, type Item } from './items.ts'
import type { Reply } from './replies.ts'

/** What is kept up to the reply that comes in, and that; how writes went is known best by what is kept. */
export function join(
  kept: Pick<Schema<'WholeConversation'>, 'messages' | 'confirmations'> | undefined,
  reply: Pick<Reply, 'items' | 'before'> | undefined,
): Item[] {
  const known = kept?.confirmations ?? []
  if (!reply || reply.items.length === 0) {
    const items = kept ? fromConversation(kept) : []
    // Beside another try, why it failed stands already.
    return reply && items.at(-1)?.kind === 'note' ? items.slice(0, -1) : items
  }
  const coming = reply.items.map((item): Item => {
    const found =
      item.kind === 'confirmation' ? known.find(({ id }) => id === item.confirmation.id) : undefined
    return found ? { kind: 'confirmation', confirmation: found } : item
  })
  const isComing = (id: string) =>
    coming.some((item) => item.kind === 'confirmation' && item.confirmation.id === id)
  const before = kept
    ? fromConversation({
        messages: kept.messages.slice(0, reply.before),
        confirmations: known.filter((one) => !isComing(one.id)),
      })
    : []
  return [...before, ...coming]
}
