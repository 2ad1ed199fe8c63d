import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { TextArea } from '../../components/Field.tsx'
import { Failure } from '../../components/Notice.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Ago } from '../../components/Time.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import css from './FindingPage.module.css'
import { FINDING } from './findingTexts.ts'

/** Keeps a finding out of the score with a reason, or lets it count again. */
export function IgnorePanel({ finding }: { finding: Schema<'FindingView'> }) {
  const invalidate = useInvalidate()
  const path = { finding_id: finding.id }
  const { busy, problem, act } = useAction(async (reason: string | null) => {
    if (reason === null) {
      await client.DELETE('/api/v1/findings/{finding_id}/ignore', { params: { path } })
      toast(FINDING.unignoredToast)
    } else {
      await client.POST('/api/v1/findings/{finding_id}/ignore', { params: { path }, body: { reason } })
      toast(FINDING.ignoredToast)
    }
    await invalidate('/api/v1/findings', '/api/v1/dashboard')
  })
  return (
    <Panel title={FINDING.ignore}>
      {finding.ignored_at ? (
        <>
          <blockquote className={css['quote']}>{finding.ignored_because}</blockquote>
          <p className={css['muted']}>
            {FINDING.ignoredBy(finding.ignored_by ?? '?')}, <Ago at={finding.ignored_at} />
          </p>
          {problem ? <Failure error={problem} /> : null}
          <p>
            <Button busy={busy} onClick={() => act(null)}>
              {FINDING.unignore}
            </Button>
          </p>
        </>
      ) : (
        <form
          className={css['form']}
          onSubmit={(event) => {
            event.preventDefault()
            act(String(new FormData(event.currentTarget).get('reason')).trim())
          }}
        >
          <p>{FINDING.ignoreIntro}</p>
          <TextArea
            label={FINDING.ignoreReason}
            name="reason"
            rows={2}
            maxLength={500}
            required
            error={problem?.fields.get('reason')}
          />
          {problem && !problem.fields.has('reason') ? <Failure error={problem} /> : null}
          <p>
            <Button type="submit" busy={busy}>
              {FINDING.ignoreButton}
            </Button>
          </p>
        </form>
      )}
    </Panel>
  )
}
