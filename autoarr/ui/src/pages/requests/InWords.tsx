import { useLocation } from 'wouter'
import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Failure } from '../../components/Notice.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import css from './Requests.module.css'
import { texts } from './texts.ts'

/**
 * Asks for what was typed, as it is: AutoArr finds out what is meant, now or when those can be asked who know.
 *
 * @param isLater somebody could not be asked now
 */
export function InWords({ text, isLater }: { text: string; isLater: boolean }) {
  const [, navigate] = useLocation()
  const invalidate = useInvalidate()
  const { busy, problem, act } = useAction(async () => {
    // With a title, even an empty one, the words would not be looked into.
    const body = { text } as Schema<'NewRequest'>
    const { data } = await client.POST('/api/v1/requests', { body })
    if (data) {
      toast(texts.wasAsked(data.title))
      navigate(`/requests/${data.id}`)
    }
    await invalidate('/api/v1/requests')
  })
  return (
    <div className={css['words']}>
      <p className={css['quiet']}>{isLater ? texts.wordsLater : texts.words}</p>
      <Button busy={busy} onClick={() => act()}>
        {texts.askInWords(text)}
      </Button>
      {problem ? <Failure error={problem} /> : null}
    </div>
  )
}
