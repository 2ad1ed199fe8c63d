import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import type { Schema } from '../../api/types.ts'
import type { Item } from './items.ts'
import { join } from './join.ts'
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
