/** Tokens and what they cost; null dollars where the model's price is not known. */
export interface Spent {
  tokens: number
  cost_usd: number | null
  limit_tokens: number
  limit_usd: number
}

/** What the server tells while a reply is made, as `POST /api/v1/chat` describes it. */
export type ChatEvent =
  | { type: 'started'; conversation_id: string; title: string; model: string }
  | { type: 'text'; text: string }
  | { type: 'waiting'; seconds: number; reason: string }
  | { type: 'tool_call'; id: string; name: string; title: string; arguments: Record<string, unknown> }
  | { type: 'tool_result'; id: string; name: string; ok: boolean; data: Record<string, unknown> }
  | {
      type: 'confirmation'
      confirmation_id: string
      tool: string
      title: string
      destructive: boolean
      preview: Record<string, unknown>
    }
  | { type: 'usage'; conversation: Spent; day: Spent }
  | { type: 'done'; stop: string; message: string | null }
  | { type: 'error'; kind: string; message: string; retry_after_s: number | null }

const TYPES: ReadonlySet<string> = new Set<ChatEvent['type']>([
  'started',
  'text',
  'waiting',
  'tool_call',
  'tool_result',
  'confirmation',
  'usage',
  'done',
  'error',
])

/** Reads the data of a server-sent event; null where it is of no kind that is known here. */
export function readEvent(data: string): ChatEvent | null {
  const value: unknown = JSON.parse(data)
  const isKnown =
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    TYPES.has(value.type)
  return isKnown ? (value as ChatEvent) : null
}
