import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import type { Schema } from '../../api/types.ts'
import { fromConversation, type Item } from './items.ts'
import { getFinished, getReplies, type Reply, say, subscribe, wholeConversation } from './replies.ts'

/** Milliseconds between two looks at a reply that is made for another page. */
const BUSY_MS = 2000

interface Shown {
  kept: Schema<'WholeConversation'> | undefined
  error: unknown
  refetch: () => void
  items: readonly Item[]
  reply: Reply | undefined
  /** A reply is being made, though not for this page. */
  isElsewhere: boolean
  /** The last words of the reply that ended last. */
  finished: string
  say: (text: string) => void
}

/** A conversation as it is shown: what is kept, and what comes in. */
export function useConversation(id: string | null): Shown {
  const queries = useQueryClient()
  const reply = useSyncExternalStore(subscribe, getReplies).find((one) => one.conversationId === id)
  const finished = useSyncExternalStore(subscribe, getFinished)
  const isRunning = reply?.state === 'running' || reply?.state === 'stopping'
  const { data, error, refetch } = useQuery({
    ...wholeConversation(id ?? ''),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data?.busy && !isRunning ? BUSY_MS : false),
  })
  return {
    kept: data,
    error,
    refetch: () => void refetch(),
    items: join(data, reply),
    reply,
    isElsewhere: data?.busy === true && reply === undefined,
    finished,
    say: (text) => void say(text, id, data?.messages.length ?? 0, queries),
  }
}

/** What is kept up to the reply that comes in, and that; how writes went is known best by what is kept. */
function join(kept: Schema<'WholeConversation'> | undefined, reply: Reply | undefined): Item[] {
  const known = kept?.confirmations ?? []
  if (!reply || reply.items.length === 0) {
    return kept ? fromConversation(kept) : []
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
