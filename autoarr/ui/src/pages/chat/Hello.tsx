import type { Problem } from '../../api/problem.ts'
import { Button } from '../../components/Button.tsx'
import { Failure } from '../../components/Notice.tsx'
import { useMe } from '../../hooks/useMe.ts'
import css from './Chat.module.css'
import { texts } from './texts.ts'

/** What a conversation begins with. */
export function Hello({ onSay }: { onSay: (text: string) => void }) {
  const role = useMe()?.role ?? 'requester'
  return (
    <section className={css['hello']}>
      <h2>{texts.hello}</h2>
      <p>{texts.helloTexts[role]}</p>
      <div className={css['examples']}>
        {texts.examples[role].map((example) => (
          <Button key={example} small onClick={() => onSay(example)}>
            {example}
          </Button>
        ))}
      </div>
    </section>
  )
}

/** Why a reply could not be made, and another try. */
export function Broken({ problem, onAgain }: { problem: Problem; onAgain: () => void }) {
  return (
    <div className={css['broken']}>
      <Failure error={problem} />
      {problem.retryAfterS === null ? null : <p>{texts.againLater(problem.retryAfterS)}</p>}
      <p>
        <Button onClick={onAgain}>{texts.again}</Button>
      </p>
    </div>
  )
}
