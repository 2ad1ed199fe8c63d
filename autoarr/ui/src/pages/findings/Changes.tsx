import { useState } from 'react'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Button } from '../../components/Button.tsx'
import { Diff } from '../../components/Diff.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Moment } from '../../components/Time.tsx'
import { showValue } from '../../components/values.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import css from './FindingPage.module.css'
import { FINDING } from './findingTexts.ts'
import { CHANGE_TONE, canUndo, undone } from './outcome.ts'
import { CHANGE_STATE } from './texts.ts'
import { WriteDialog } from './WriteDialog.tsx'
import { useWrites } from './writes.ts'

type Change = Schema<'ChangeView'>

/** What was written for a finding, and how it can be undone. */
export function Changes({ finding }: { finding: Schema<'FindingView'> }) {
  const [reverting, setReverting] = useState<string | null>(null)
  const { previewRevert, revert } = useWrites(finding)
  const changes = api.useQuery(
    'get',
    '/api/v1/changes',
    { params: { query: { finding_id: finding.id, page_size: 50 } } },
    { refetchInterval: useRefetchInterval() },
  )
  return (
    <Panel title={FINDING.changes}>
      <Loaded query={changes} lines={2}>
        {({ items, total }) => {
          const undoneIds = undone(items)
          return items.length === 0 ? (
            <p className={css['muted']}>{FINDING.noChanges}</p>
          ) : (
            <>
              <ol className={css['changes']}>
                {items.map((change) => (
                  <li key={change.id}>
                    <ChangeShown
                      change={change}
                      isUndone={undoneIds.has(change.id)}
                      revert={canUndo(change, undoneIds) ? () => setReverting(change.id) : null}
                    />
                  </li>
                ))}
              </ol>
              {total > items.length ? <p>{FINDING.moreChanges(items.length, total)}</p> : null}
            </>
          )
        }}
      </Loaded>
      {reverting ? (
        <WriteDialog
          title={FINDING.revertTitle}
          action={FINDING.revert}
          preview={() => previewRevert(reverting)}
          write={() => revert(reverting)}
          onClose={() => setReverting(null)}
        />
      ) : null}
    </Panel>
  )
}

interface Props {
  change: Change
  isUndone: boolean
  revert: (() => void) | null
}

function ChangeShown({ change, isUndone, revert }: Props) {
  const { state, created_at, actor, resource, fields, error, reverts_id } = change
  return (
    <>
      <div className={css['changeHead']}>
        <Badge tone={CHANGE_TONE[state]}>{CHANGE_STATE[state]}</Badge>
        {reverts_id ? <Badge>{FINDING.undoes}</Badge> : null}
        {isUndone ? <Badge>{FINDING.wasUndone}</Badge> : null}
        <span className={css['muted']}>
          <Moment at={created_at} /> {FINDING.by(actor)}
        </span>
        <code>{resource}</code>
      </div>
      {error ? <p>{error}</p> : null}
      <Diff fields={fields} past />
      {state === 'partly_applied' ? (
        <ul className={css['readBack']}>
          {fields.map(({ field, found }) => (
            <li key={field}>{FINDING.readBack(field, showValue(found))}</li>
          ))}
        </ul>
      ) : null}
      {revert ? (
        <p>
          <Button onClick={revert}>{FINDING.revertButton}</Button>
        </p>
      ) : null}
    </>
  )
}
