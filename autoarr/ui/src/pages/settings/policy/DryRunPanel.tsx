import { useEffect, useRef, useState } from 'react'
import type { Schema } from '../../../api/types.ts'
import { Badge } from '../../../components/Badge.tsx'
import { Button } from '../../../components/Button.tsx'
import { type Column, DataTable } from '../../../components/DataTable.tsx'
import { FormButtons } from '../../../components/Form.tsx'
import { Empty, Loading, Notice } from '../../../components/Notice.tsx'
import { Panel } from '../../../components/Panel.tsx'
import { asSentence } from '../../../components/sentence.ts'
import { Moment } from '../../../components/Time.tsx'
import css from './DryRunPanel.module.css'
import { ACTIONS, DRY_RUN, FAILURES } from './texts.ts'

type Action = Schema<'DryAction'>

/** Rows that are shown until more are asked for. */
const FIRST = 25

const { columns } = DRY_RUN
const COLUMNS: readonly Column<Action>[] = [
  { name: columns.title, heads: true, cell: ({ title }) => title },
  { name: columns.failed, cell: ({ failed_at }) => <Moment at={failed_at} /> },
  {
    name: columns.cause,
    cell: ({ failure }) => FAILURES.find(({ value }) => value === failure)?.label ?? failure,
  },
  {
    name: columns.action,
    cell: ({ action, proposed }) => (
      <>
        {nameOf(action)}
        {proposed ? <p>{DRY_RUN.proposed(nameOf(proposed))}</p> : null}
      </>
    ),
  },
  { name: columns.reason, cell: ({ reason }) => reason },
]

function nameOf(action: string): string {
  return ACTIONS[action] ?? action
}

interface Props {
  busy: boolean
  dryRun: Schema<'DryRun'> | null
  /** The form says something else by now. */
  outdated: boolean
  again: () => void
}

/** What a policy would have done about the failures of the last weeks. */
export function DryRunPanel({ busy, dryRun, outdated, again }: Props) {
  const region = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (busy || dryRun) {
      region.current?.scrollIntoView({ block: 'nearest' })
    }
  }, [busy, dryRun])
  return (
    <div ref={region} aria-live="polite">
      {busy ? (
        <Panel title={DRY_RUN.title}>
          <p>{DRY_RUN.busy}</p>
          <Loading lines={4} />
        </Panel>
      ) : dryRun ? (
        <Panel
          title={DRY_RUN.title}
          aside={
            outdated ? (
              <Button small onClick={again}>
                {DRY_RUN.again}
              </Button>
            ) : null
          }
        >
          {outdated ? <Notice tone="doubt" title={DRY_RUN.outdated} /> : null}
          <Result dryRun={dryRun} />
        </Panel>
      ) : null}
    </div>
  )
}

function Result({ dryRun }: { dryRun: Schema<'DryRun'> }) {
  const [all, setAll] = useState(false)
  const { total, downloads, actions, searches_peak, away, unknown } = dryRun
  const partial = Object.keys(away).length > 0
  const shown = all ? downloads : downloads.slice(0, FIRST)
  return (
    <>
      {partial ? (
        <Notice tone="doubt" title={DRY_RUN.away}>
          {Object.entries(away).map(([name, reason]) => (
            <p key={name}>{DRY_RUN.awayOf(name, asSentence(reason))}</p>
          ))}
        </Notice>
      ) : null}
      {total === 0 ? (
        <Empty title={partial ? DRY_RUN.noneKnown : DRY_RUN.none}>
          {partial ? <p>{DRY_RUN.noneKnownExplain}</p> : null}
        </Empty>
      ) : (
        <>
          <p>{`${DRY_RUN.total(total)} ${DRY_RUN.explain}`}</p>
          <FormButtons>
            {Object.entries(actions).map(([action, count]) => (
              <Badge key={action}>{DRY_RUN.counted(count, nameOf(action))}</Badge>
            ))}
          </FormButtons>
          {Object.entries(searches_peak).map(([service, most]) => (
            <p key={service}>{DRY_RUN.peak(service, most)}</p>
          ))}
          {downloads.length < total ? <p>{DRY_RUN.cut(downloads.length, total)}</p> : null}
          <DataTable
            label={DRY_RUN.list}
            columns={COLUMNS}
            rows={shown}
            rowKey={({ service, download_id }) => `${service} ${download_id}`}
          />
          {shown.length < downloads.length ? (
            <FormButtons>
              <Button small onClick={() => setAll(true)}>
                {DRY_RUN.more}
              </Button>
            </FormButtons>
          ) : null}
        </>
      )}
      {unknown.length > 0 ? (
        <details className={css['unknown']}>
          <summary>{DRY_RUN.unknown}</summary>
          <ul>
            {unknown.map((what) => (
              <li key={what}>{what}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  )
}
