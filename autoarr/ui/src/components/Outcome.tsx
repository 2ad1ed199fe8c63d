import { type ReactNode, useEffect, useRef } from 'react'
import type { Schema } from '../api/types.ts'
import { Notice } from './Notice.tsx'
import { asSentence } from './sentence.ts'

/** What each cause is called. */
const CAUSES: Readonly<Record<Schema<'Cause'>, string>> = {
  authentication: 'It refuses the key',
  wrong_url_base: 'Something else answers at this address',
  unexpected_application: 'Another application answers',
  tls: 'Its certificate is not trusted',
  dns: 'The host’s name is not known',
  connect: 'Nothing listens there',
  timeout: 'It does not answer in time',
  rate_limited: 'It refuses more requests for now',
  server_error: 'It failed itself',
  rejected: 'It refused the request',
  not_found: 'It does not have what was asked for',
  invalid_answer: 'Its answer can’t be understood',
  circuit_open: 'It failed too often just now',
  unreadable_key: 'Its stored key can’t be read',
}

interface Tested {
  ok: boolean
  cause?: Schema<'Cause'> | null
  detail: string
  advice?: string | null
}

interface Props {
  tested: Tested
  /** What a good outcome is called. */
  good: string
  children?: ReactNode
}

/** How a test ended: of a failed one the cause by its name, what happened, and what to do. */
export function Outcome(props: Props) {
  const shown = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each outcome is to be seen
  useEffect(() => {
    shown.current?.scrollIntoView({ block: 'nearest' })
  }, [props.tested])
  return (
    <div ref={shown}>
      <Named {...props} />
    </div>
  )
}

function Named({ tested, good, children }: Props) {
  if (tested.ok) {
    return (
      <Notice tone="good" title={good} urgent>
        <p>{asSentence(tested.detail)}</p>
        {children}
      </Notice>
    )
  }
  return (
    <Notice tone="bad" title={tested.cause ? CAUSES[tested.cause] : 'The test failed'} urgent>
      <p>{asSentence(tested.detail)}</p>
      {tested.advice ? (
        <p>
          <strong>What to do:</strong> {asSentence(tested.advice)}
        </p>
      ) : null}
      {children}
    </Notice>
  )
}
