import { useState } from 'react'
import { Button } from '../../components/Button.tsx'
import { Checkbox, TextArea, TextField } from '../../components/Field.tsx'
import { FormButtons, Group, Row } from '../../components/Form.tsx'
import { Notice } from '../../components/Notice.tsx'
import { addMapping, type Draft, type Mapping } from './draft.ts'
import css from './Services.module.css'
import { TEXTS } from './texts.ts'

interface Props {
  draft: Draft
  change: (changed: Partial<Draft>) => void
  caError: string | undefined
}

const say = TEXTS.form

/** What most services don't need: certificates and folders; open where something is entered. */
export function AddressDetails({ draft, change, caError }: Props) {
  const [open, setOpen] = useState(draft.ca !== '' || draft.insecure || draft.mappings.length > 0)
  function changeMapping(row: number, changed: Partial<Mapping>): void {
    change({ mappings: draft.mappings.map((one) => (one.row === row ? { ...one, ...changed } : one)) })
  }
  return (
    <details
      className={css['details']}
      open={open || caError !== undefined}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{say.more}</summary>
      <div className={css['inside']}>
        <TextArea
          label={say.ca}
          hint={say.caHint}
          error={caError}
          spellCheck={false}
          value={draft.ca}
          onChange={(event) => change({ ca: event.target.value })}
        />
        <Checkbox
          label={say.insecure}
          checked={draft.insecure}
          onChange={(event) => change({ insecure: event.target.checked })}
        />
        {draft.insecure ? <Notice tone="doubt" title={say.insecureHint} urgent /> : null}
        <Group legend={say.mappings} explained={say.mappingsHint}>
          {draft.mappings.map(({ row, remote, local }) => (
            <div key={row} className={css['mapping']}>
              <Row>
                <TextField
                  label={say.remote}
                  placeholder="/tv"
                  required={local.trim() !== ''}
                  value={remote}
                  onChange={(event) => changeMapping(row, { remote: event.target.value })}
                />
                <TextField
                  label={say.local}
                  placeholder="/data/tv"
                  required={remote.trim() !== ''}
                  value={local}
                  onChange={(event) => changeMapping(row, { local: event.target.value })}
                />
              </Row>
              <Button
                small
                onClick={() => change({ mappings: draft.mappings.filter((one) => one.row !== row) })}
              >
                {say.removeMapping}
              </Button>
            </div>
          ))}
          <FormButtons>
            <Button small onClick={() => change({ mappings: addMapping(draft.mappings) })}>
              {say.addMapping}
            </Button>
          </FormButtons>
        </Group>
      </div>
    </details>
  )
}
