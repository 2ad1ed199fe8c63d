import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { type Column, DataTable } from '../../components/DataTable.tsx'
import css from './Setup.module.css'
import { AUDIT } from './texts.ts'

interface Props {
  audit: Schema<'AuditView'>
  services: ReadonlyArray<Schema<'ServiceView'>>
}

/** The score of an audit and what it counted, in all and by service. */
export function AuditResult({ audit, services }: Props) {
  const names = new Map(services.map(({ id, name }) => [id, name]))
  const { passed, failed, unknown, ignored } = audit
  const { columns } = AUDIT
  const table: Column<Schema<'ServiceCounts'>>[] = [
    {
      name: columns.service,
      heads: true,
      cell: ({ service_id }) => names.get(service_id) ?? AUDIT.removed,
    },
    { name: columns.score, cell: ({ score }) => (score === null ? AUDIT.noScore : score) },
    { name: columns.failed, cell: (counts) => counts.failed },
    { name: columns.unknown, cell: (counts) => counts.unknown },
    { name: columns.passed, cell: (counts) => counts.passed },
  ]
  return (
    <>
      <div className={css['result']} role="status">
        <p className={css['score']}>
          <span className="visually-hidden">{AUDIT.finished}</span>
          {audit.score === null ? AUDIT.scoreUnknown : AUDIT.scoreOf(audit.score)}
        </p>
        <p className={css['counts']}>
          <Badge tone={failed > 0 ? 'bad' : 'rest'}>{AUDIT.counts.failed(failed)}</Badge>
          <Badge tone={unknown > 0 ? 'doubt' : 'rest'}>{AUDIT.counts.unknown(unknown)}</Badge>
          <Badge tone="good">{AUDIT.counts.passed(passed)}</Badge>
          {ignored > 0 ? <Badge>{AUDIT.counts.ignored(ignored)}</Badge> : null}
        </p>
        {unknown > 0 ? <p className={css['hint']}>{AUDIT.unknownHelp}</p> : null}
      </div>
      {audit.services.length > 0 ? (
        <DataTable
          label={AUDIT.byService}
          columns={table}
          rows={audit.services}
          rowKey={({ service_id }) => service_id}
        />
      ) : null}
    </>
  )
}
