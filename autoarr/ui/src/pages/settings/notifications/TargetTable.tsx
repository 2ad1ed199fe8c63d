import type { Schema } from '../../../api/types.ts'
import { Badge } from '../../../components/Badge.tsx'
import { Button } from '../../../components/Button.tsx'
import { type Column, DataTable } from '../../../components/DataTable.tsx'
import { NOTIFICATIONS as SAY, TARGET_KINDS } from './texts.ts'

type Target = Schema<'TargetView'>

const { columns } = SAY
const COLUMNS: readonly Column<Target>[] = [
  { name: columns.name, heads: true, cell: ({ name }) => name },
  { name: columns.kind, cell: ({ kind }) => TARGET_KINDS.find(([one]) => one === kind)?.[1] ?? kind },
  { name: columns.place, cell: ({ place }) => place ?? SAY.unreadable },
  {
    name: columns.events,
    cell: ({ events }) => (events.length === 0 ? SAY.everything : SAY.some(events.length)),
  },
  {
    name: columns.state,
    cell: ({ enabled }) => <Badge tone={enabled ? 'good' : 'rest'}>{enabled ? SAY.on : SAY.off}</Badge>,
  },
]

interface Props {
  targets: readonly Target[]
  busy: boolean
  onTest: (target: Target) => void
  onEdit: (target: Target) => void
  onRemove: (target: Target) => void
}

/** The receivers, and what can be done with each. */
export function TargetTable({ targets, busy, onTest, onEdit, onRemove }: Props) {
  return (
    <DataTable
      label={SAY.list}
      columns={COLUMNS}
      rows={targets}
      rowKey={({ id }) => id}
      actions={(target) => (
        <>
          <Button small disabled={busy} onClick={() => onTest(target)} aria-label={SAY.testOf(target.name)}>
            {SAY.test}
          </Button>
          <Button small onClick={() => onEdit(target)} aria-label={SAY.editOf(target.name)}>
            {SAY.edit}
          </Button>
          <Button small tone="danger" onClick={() => onRemove(target)} aria-label={SAY.removeOf(target.name)}>
            {SAY.remove}
          </Button>
        </>
      )}
    />
  )
}
