import { api } from '../../../api/client.ts'
import { Select } from '../../../components/Field.tsx'
import { Row } from '../../../components/Form.tsx'
import { Loaded } from '../../../components/Loaded.tsx'
import { Panel } from '../../../components/Panel.tsx'
import { type Draft, holdsBack, withMode } from './draft.ts'
import { FAILURES, MODES, type Mode, POLICY } from './texts.ts'

interface Props {
  draft: Draft
  change: (next: Partial<Draft>) => void
}

/** Modes for classes of failures and for services, where they are stricter than the general one. */
export function Exceptions({ draft, change }: Props) {
  const services = api.useQuery('get', '/api/v1/services', { params: { query: { page_size: 200 } } })
  return (
    <>
      <Panel title={POLICY.causes}>
        <p>{POLICY.causesExplain}</p>
        <Row>
          {FAILURES.map(({ value, label, explained }) => (
            <ModeSelect
              key={value}
              label={label}
              explained={explained}
              general={draft.mode}
              mode={draft.failures[value] ?? null}
              onChange={(mode) => change({ failures: withMode(draft.failures, value, mode) })}
            />
          ))}
        </Row>
      </Panel>
      <Panel title={POLICY.services}>
        <p>{POLICY.servicesExplain}</p>
        <Loaded query={services} lines={2}>
          {({ items }) =>
            items.length === 0 ? (
              <p>{POLICY.noServices}</p>
            ) : (
              <Row>
                {items.map(({ id, name }) => (
                  <ModeSelect
                    key={id}
                    label={name}
                    general={draft.mode}
                    mode={draft.services[id] ?? null}
                    onChange={(mode) =>
                      change({ services: withMode(draft.services, id, mode) as Draft['services'] })
                    }
                  />
                ))}
              </Row>
            )
          }
        </Loaded>
      </Panel>
    </>
  )
}

interface ModeProps {
  label: string
  explained?: string
  /** The mode that counts where there is no exception. */
  general: Mode
  mode: Mode | null
  onChange: (mode: Mode | null) => void
}

function ModeSelect({ label, explained, general, mode, onChange }: ModeProps) {
  const name = MODES.find(({ value }) => value === general)?.label ?? general
  const options: ReadonlyArray<readonly [Mode | '', string]> = [
    ['', POLICY.general(name)],
    ...MODES.map(({ value, label: words }) => [value, words] as const),
  ]
  const idle = mode !== null && mode !== general && !holdsBack(mode, general)
  return (
    <Select<Mode | ''>
      label={label}
      hint={idle ? POLICY.noEffect : explained}
      value={mode ?? ''}
      options={options}
      onChange={(chosen) => onChange(chosen === '' ? null : chosen)}
    />
  )
}
