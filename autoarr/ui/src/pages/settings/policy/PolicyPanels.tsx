import { Choice } from '../../../components/Choice.tsx'
import { Checkbox, TextField } from '../../../components/Field.tsx'
import { Row } from '../../../components/Form.tsx'
import { Panel } from '../../../components/Panel.tsx'
import { type Draft, NUMBERS, type NumberField } from './draft.ts'
import { MODES, POLICY } from './texts.ts'

interface Props {
  draft: Draft
  change: (next: Partial<Draft>) => void
}

interface CheckedProps extends Props {
  /** What is wrong with fields, by their names. */
  wrong: ReadonlyMap<string, string>
}

export function ModePanel({ draft, change }: Props) {
  return (
    <Panel title={POLICY.mode}>
      <Choice
        legend={POLICY.mode}
        quiet
        value={draft.mode}
        options={MODES}
        onChange={(mode) => change({ mode })}
      />
    </Panel>
  )
}

function NumberOf({ field, draft, change, wrong }: CheckedProps & { field: NumberField }) {
  const { label, unit } = POLICY.numbers[field]
  const [least, most] = NUMBERS[field]
  return (
    <TextField
      label={label}
      hint={POLICY.range(unit, least, most)}
      error={wrong.get(field)}
      inputMode="numeric"
      autoComplete="off"
      value={draft.numbers[field]}
      onChange={(event) => change({ numbers: { ...draft.numbers, [field]: event.target.value } })}
    />
  )
}

export function WhenPanel(props: CheckedProps) {
  const { draft, change, wrong } = props
  const { quiet } = draft
  return (
    <>
      <Panel title={POLICY.when}>
        <Checkbox
          label={POLICY.quiet}
          hint={POLICY.quietExplain}
          checked={quiet !== null}
          onChange={(event) =>
            change({ quiet: event.target.checked ? { start: '18:00', end: '23:00' } : null })
          }
        />
        {quiet ? (
          <Row>
            <TextField
              label={POLICY.quietStart}
              type="time"
              error={wrong.get('start')}
              value={quiet.start}
              onChange={(event) => change({ quiet: { ...quiet, start: event.target.value } })}
            />
            <TextField
              label={POLICY.quietEnd}
              type="time"
              error={wrong.get('end')}
              value={quiet.end}
              onChange={(event) => change({ quiet: { ...quiet, end: event.target.value } })}
            />
          </Row>
        ) : null}
        <Row>
          <NumberOf field="poll_every_s" {...props} />
          <NumberOf field="audit_every_h" {...props} />
        </Row>
      </Panel>
      <Panel title={POLICY.budgets}>
        <Row>
          <NumberOf field="native_grace_min" {...props} />
          <NumberOf field="searches_per_hour" {...props} />
          <NumberOf field="activity_days" {...props} />
        </Row>
      </Panel>
    </>
  )
}

export function RequestsPanel(props: CheckedProps) {
  const { draft, change } = props
  return (
    <Panel title={POLICY.requests}>
      <Checkbox
        label={POLICY.needApproval}
        hint={POLICY.needApprovalHint}
        checked={draft.needApproval}
        onChange={(event) => change({ needApproval: event.target.checked })}
      />
      <Checkbox
        label={POLICY.limited}
        checked={draft.limited}
        onChange={(event) => change({ limited: event.target.checked })}
      />
      {draft.limited ? (
        <Row>
          <NumberOf field="requests_per_week" {...props} />
        </Row>
      ) : null}
    </Panel>
  )
}
