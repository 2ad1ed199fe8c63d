import { useEffect, useSyncExternalStore } from 'react'
import { useLocation } from 'wouter'
import { getReplies, noteShown, subscribe } from './replies.ts'

/** Goes from the page of a new conversation to the one that was begun there, once it has its address. */
export function useBegun(id: string | null): void {
  const replies = useSyncExternalStore(subscribe, getReplies)
  const [, navigate] = useLocation()
  const begun =
    id === null ? replies.find((reply) => reply.isNew && reply.conversationId !== null) : undefined
  useEffect(() => {
    if (begun?.conversationId) {
      noteShown(begun.id)
      navigate(`/chat/${begun.conversationId}`, { replace: true })
    }
  }, [begun, navigate])
}
