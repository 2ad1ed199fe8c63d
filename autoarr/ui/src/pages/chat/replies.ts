import type { QueryClient } from '@tanstack/react-query'
import { api, client, fetchRaw } from '../../api/client.ts'
import { asProblem, Problem } from '../../api/problem.ts'
import { getState, subscribe as subscribeSession } from '../../api/session.ts'
import { createStore } from '../../store.ts'
import type { ChatEvent, Spent } from './events.ts'
import { type Item, lastWords, withEvent } from './items.ts'
import { listen } from './stream.ts'
import { texts } from './texts.ts'

/** A reply that is being made for this page, or the last one that failed. It goes on while other pages are shown. */
export interface Reply {
  id: number
  /** Null until a new conversation has its id. */
  conversationId: string | null
  /** It begins a conversation whose page was not shown yet. */
  isNew: boolean
  /** It begins a conversation. */
  isFirst: boolean
  said: string
  /** Messages that the conversation had before it. */
  before: number
  /** What came of it, and is not in the kept conversation yet. */
  items: readonly Item[]
  state: 'running' | 'stopping' | 'done' | 'failed'
  problem: Problem | null
  /** Why the server waits before it goes on. */
  waiting: string | null
  usage: { conversation: Spent; day: Spent } | null
}

/** Milliseconds that the server has to end a reply by itself. */
const STOPPING_MS = 4000

const { get: getReplies, set, subscribe } = createStore<readonly Reply[]>([])

export { getReplies, subscribe }

let next = 0
const connections = new Map<number, AbortController>()
/** The last words of the reply that ended last, for those who hear the page. */
let finished = ''

function change(id: number, values: Partial<Reply>): void {
  set(getReplies().map((reply) => (reply.id === id ? { ...reply, ...values } : reply)))
}

function find(id: number): Reply | undefined {
  return getReplies().find((reply) => reply.id === id)
}

export function getFinished(): string {
  return finished
}

/** Says that the page of the conversation is shown that a reply begins. */
export function noteShown(id: number): void {
  change(id, { isNew: false })
}

/** Forgets a reply that is over. */
function drop(id: number): void {
  set(getReplies().filter((reply) => reply.id !== id))
}

/** The query of a whole conversation. */
export function wholeConversation(id: string) {
  return api.queryOptions('get', '/api/v1/chat/{conversation_id}', {
    params: { path: { conversation_id: id } },
  })
}

/** Says something, and follows the reply to its end. */
export async function say(
  said: string,
  conversationId: string | null,
  before: number,
  queries: QueryClient,
): Promise<void> {
  const id = next++
  finished = ''
  const others = getReplies().filter((reply) => reply.conversationId !== conversationId)
  const begun: Reply = {
    id,
    conversationId,
    isNew: conversationId === null,
    isFirst: conversationId === null,
    said,
    before,
    items: [{ kind: 'said', text: said }],
    state: 'running',
    problem: null,
    waiting: null,
    usage: null,
  }
  set([...others, begun])
  const connection = new AbortController()
  connections.set(id, connection)
  try {
    for await (const event of await ask(said, conversationId, connection.signal)) {
      hear(id, event)
      if (event.type === 'started') {
        void refreshLists(queries)
      }
    }
    if (find(id)?.state === 'running') {
      throw new Problem(0, texts.broken, texts.brokenHint)
    }
  } catch (error) {
    if (!connection.signal.aborted) {
      change(id, { state: 'failed', problem: asProblem(error) })
    }
  }
  connections.delete(id)
  await settle(id, queries)
}

async function ask(
  message: string,
  conversationId: string | null,
  signal: AbortSignal,
): Promise<AsyncGenerator<ChatEvent>> {
  const response = await fetchRaw('/api/v1/chat', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message, conversation_id: conversationId }),
    signal,
  })
  return listen(response)
}

function hear(id: number, event: ChatEvent): void {
  const reply = find(id)
  if (!reply) {
    return
  }
  const items = withEvent(reply.items, event, Date.now())
  switch (event.type) {
    case 'started':
      change(id, { conversationId: event.conversation_id })
      break
    case 'waiting':
      change(id, { waiting: texts.waits(event.reason, event.seconds) })
      break
    case 'usage':
      change(id, { usage: { conversation: event.conversation, day: event.day } })
      break
    case 'done':
      finished = lastWords(items)
      change(id, { items, state: 'done', waiting: null })
      break
    case 'error':
      change(id, {
        state: 'failed',
        waiting: null,
        problem: new Problem(0, texts.failed, event.message, { retryAfterS: event.retry_after_s }),
      })
      break
    default:
      change(id, { items, waiting: null })
  }
}

/** Has the kept conversation take the place of what was heard. */
async function settle(id: number, queries: QueryClient): Promise<void> {
  const conversationId = find(id)?.conversationId
  if (conversationId) {
    // Where it can't be asked for now, what was heard stays.
    const whole = await queries
      .fetchQuery({ ...wholeConversation(conversationId), staleTime: 0 })
      .catch(() => null)
    if (whole !== null && find(id)?.state === 'failed') {
      change(id, { items: [], before: whole.messages.length })
    } else if (whole !== null) {
      drop(id)
    }
  }
  await refreshLists(queries)
}

/** Has the list of conversations asked for again, and what was used. */
function refreshLists(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({
    predicate: ({ queryKey }) => ['/api/v1/chat', '/api/v1/chat/status'].includes(String(queryKey[1])),
  })
}

/** Ends a reply: the server keeps what there is of it. */
export async function stop(id: number): Promise<void> {
  const reply = find(id)
  if (!reply) {
    return
  }
  change(id, { state: 'stopping' })
  if (reply.conversationId === null) {
    connections.get(id)?.abort()
    drop(id)
    return
  }
  // The server tells the end by the stream; where it doesn't, closing the connection ends the reply as well.
  setTimeout(() => connections.get(id)?.abort(), STOPPING_MS)
  await cancel(reply.conversationId).catch(() => connections.get(id)?.abort())
}

/** Ends the reply that is being made in a conversation, wherever it is followed. */
export async function cancel(conversationId: string): Promise<void> {
  await client.POST('/api/v1/chat/{conversation_id}/cancel', {
    params: { path: { conversation_id: conversationId } },
  })
}

subscribeSession(() => {
  if (getState().kind !== 'in') {
    for (const connection of connections.values()) {
      connection.abort()
    }
    connections.clear()
    finished = ''
    set([])
  }
})
