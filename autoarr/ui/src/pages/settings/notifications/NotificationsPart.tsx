import { useState } from 'react'
import { api, client } from '../../../api/client.ts'
import type { Schema } from '../../../api/types.ts'
import { Button } from '../../../components/Button.tsx'
import { Confirm } from '../../../components/Confirm.tsx'
import { Loaded } from '../../../components/Loaded.tsx'
import { Empty, Failure } from '../../../components/Notice.tsx'
import { Outcome } from '../../../components/Outcome.tsx'
import { Panel } from '../../../components/Panel.tsx'
import { toast } from '../../../components/toast.ts'
import { useAction } from '../../../hooks/useAction.ts'
import { useInvalidate } from '../../../hooks/useInvalidate.ts'
import { useRefetchInterval } from '../../../hooks/useRefetchInterval.ts'
import { Deliveries } from './Deliveries.tsx'
import { TargetForm } from './TargetForm.tsx'
import { TargetTable } from './TargetTable.tsx'
import { NOTIFICATIONS as SAY } from './texts.ts'

type Target = Schema<'TargetView'>
type Open = { dialog: 'add' } | { dialog: 'edit' | 'remove'; target: Target }

interface Tested {
  target: Target
  delivery: Schema<'Delivery'>
}

/** Who is told of what happens, and what they were told. */
export default function NotificationsPart() {
  const refetchInterval = useRefetchInterval()
  const [open, setOpen] = useState<Open | null>(null)
  const [tested, setTested] = useState<Tested | null>(null)
  const params = { query: { page_size: 200 } }
  const targets = api.useQuery('get', '/api/v1/notifications/targets', { params }, { refetchInterval })
  const testing = useAction(async (target: Target) => {
    setTested(null)
    const { data } = await client.POST('/api/v1/notifications/targets/{target_id}/test', {
      params: { path: { target_id: target.id } },
    })
    setTested(data ? { target, delivery: data } : null)
  })
  return (
    <>
      <Panel
        title={SAY.title}
        aside={
          <Button small onClick={() => setOpen({ dialog: 'add' })}>
            {SAY.add}
          </Button>
        }
      >
        <Loaded query={targets}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={SAY.none}>
                <p>{SAY.noneHelp}</p>
              </Empty>
            ) : (
              <TargetTable
                targets={items}
                busy={testing.busy}
                onTest={testing.act}
                onEdit={(target) => setOpen({ dialog: 'edit', target })}
                onRemove={(target) => setOpen({ dialog: 'remove', target })}
              />
            )
          }
        </Loaded>
        {testing.problem ? <Failure error={testing.problem} /> : null}
        {tested ? <Outcome tested={tested.delivery} good={SAY.tested(tested.target.name)} /> : null}
      </Panel>
      <Deliveries targets={targets.data?.items} />
      {open ? <OpenDialog open={open} close={() => setOpen(null)} /> : null}
    </>
  )
}

function OpenDialog({ open, close }: { open: Open; close: () => void }) {
  const invalidate = useInvalidate()
  if (open.dialog !== 'remove') {
    return <TargetForm target={open.dialog === 'edit' ? open.target : null} onClose={close} />
  }
  const { id, name } = open.target
  return (
    <Confirm
      title={SAY.removeTitle(name)}
      deed={SAY.remove}
      onClose={close}
      run={async () => {
        const params = { path: { target_id: id } }
        await client.DELETE('/api/v1/notifications/targets/{target_id}', { params })
        toast(SAY.removed(name))
        await invalidate('/api/v1/notifications')
      }}
    >
      <p>{SAY.removeLoses}</p>
    </Confirm>
  )
}
