import type { Schema } from '../../api/types.ts'
import { Facts } from '../../components/Facts.tsx'
import css from './Chat.module.css'
import type { Spent } from './events.ts'
import { texts } from './texts.ts'

interface Props {
  status: Schema<'ChatStatus'>
  conversation: Schema<'ConversationView'> | undefined
  /** As the running reply tells it. */
  usage: { conversation: Spent; day: Spent } | null
}

const COUNT = new Intl.NumberFormat('en-GB')
const DOLLARS = new Intl.NumberFormat('en-GB', {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
})

/** What the conversation and the day have used, and may. */
export function Usage({ status, conversation, usage }: Props) {
  const ofConversation = usage?.conversation ?? (conversation ? asSpent(status, conversation) : null)
  return (
    <details className={css['usage']}>
      <summary>
        {ofConversation ? texts.used(describe(ofConversation)) : texts.usedToday(describe(status.day))}
      </summary>
      <Facts
        facts={[
          ...(ofConversation ? [[texts.ofConversation, describe(ofConversation)] as const] : []),
          [texts.today, describe(usage?.day ?? status.day)],
        ]}
      />
    </details>
  )
}

function asSpent(
  { conversation_tokens, conversation_usd }: Schema<'ChatStatus'>,
  { input_tokens, output_tokens, cost_usd }: Schema<'ConversationView'>,
): Spent {
  return {
    tokens: input_tokens + output_tokens,
    cost_usd,
    limit_tokens: conversation_tokens,
    limit_usd: conversation_usd,
  }
}

function describe({ tokens, cost_usd, limit_tokens, limit_usd }: Spent): string {
  const dollars =
    cost_usd === null
      ? texts.priceUnknown
      : texts.dollars(DOLLARS.format(cost_usd), DOLLARS.format(limit_usd))
  return `${texts.tokens(COUNT.format(tokens), COUNT.format(limit_tokens))}, ${dollars}`
}
