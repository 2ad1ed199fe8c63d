import { useSearchParams } from 'wouter'
import { api, client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button, ButtonLink } from '../../components/Button.tsx'
import { Confirm } from '../../components/Confirm.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Empty, Notice } from '../../components/Notice.tsx'
import { Page } from '../../components/Panel.tsx'
import { toast } from '../../components/toast.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { ServiceForm } from './ServiceForm.tsx'
import { ServiceRow } from './ServiceRow.tsx'
import css from './Services.module.css'
import { TEXTS } from './texts.ts'

type Service = Schema<'ServiceView'>

/** As many services as one page of the API has; nobody has more. */
const ALL = { params: { query: { page_size: 200 } } }

/** The services: whether they answer, and how they are reached. `?add`, `?edit=ID` and `?remove=ID` lead to dialogs. */
export default function ServicesPage() {
  const refetchInterval = useRefetchInterval()
  const services = api.useQuery('get', '/api/v1/services', ALL, { refetchInterval })
  const dashboard = api.useQuery('get', '/api/v1/dashboard', {}, { refetchInterval })
  const [search, setSearch] = useSearchParams()
  const parts = new Map(dashboard.data?.services.map((part) => [part.id, part]))
  const open = (name: string, value = '') => setSearch({ [name]: value })
  const close = () => setSearch({}, { replace: true })
  return (
    <Page
      title={TEXTS.title}
      actions={
        <Button tone="primary" onClick={() => open('add')}>
          {TEXTS.add}
        </Button>
      }
    >
      <Loaded query={services} lines={8}>
        {({ items }) => (
          <>
            {items.length === 0 ? (
              <Empty title={TEXTS.none}>
                <p>{TEXTS.noneHelp}</p>
                <ButtonLink href="/setup">{TEXTS.runSetup}</ButtonLink>
              </Empty>
            ) : (
              <ul className={css['list']} aria-label={TEXTS.list}>
                {items.map((service) => (
                  <li key={service.id}>
                    <ServiceRow
                      service={service}
                      part={parts.get(service.id)}
                      onEdit={() => open('edit', service.id)}
                      onRemove={() => open('remove', service.id)}
                    />
                  </li>
                ))}
              </ul>
            )}
            <Dialogs services={items} search={search} close={close} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Dialogs({
  services,
  search,
  close,
}: {
  services: readonly Service[]
  search: URLSearchParams
  close: () => void
}) {
  const invalidate = useInvalidate()
  const taken = services.map(({ name }) => name)
  if (search.has('add')) {
    return (
      <Dialog title={TEXTS.add} onClose={close} firm>
        <ServiceForm service={null} taken={taken} onDone={close} onCancel={close} />
      </Dialog>
    )
  }
  const id = search.get('edit') ?? search.get('remove')
  if (id === null) {
    return null
  }
  const service = services.find((one) => one.id === id)
  if (service === undefined) {
    return <Notice tone="doubt" title={TEXTS.gone} />
  }
  if (search.has('edit')) {
    return (
      <Dialog title={TEXTS.editOf(service.name)} onClose={close} firm>
        <ServiceForm key={id} service={service} taken={taken} onDone={close} onCancel={close} />
      </Dialog>
    )
  }
  return (
    <Confirm
      title={TEXTS.removeTitle(service.name)}
      deed={TEXTS.remove}
      onClose={close}
      run={async () => {
        await client.DELETE('/api/v1/services/{service_id}', { params: { path: { service_id: id } } })
        toast(TEXTS.removed(service.name))
        await invalidate('/api/v1/services', '/api/v1/dashboard', '/api/v1/findings')
      }}
    >
      <p>{TEXTS.removeLoses}</p>
    </Confirm>
  )
}
