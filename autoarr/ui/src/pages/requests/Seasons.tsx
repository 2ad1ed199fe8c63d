import type { Schema } from '../../api/types.ts'
import { Checkbox } from '../../components/Field.tsx'
import css from './Requests.module.css'
import { texts } from './texts.ts'

interface Props {
  seasons: ReadonlyArray<Schema<'SeasonFound'>>
  chosen: ReadonlySet<number>
  onChange: (chosen: ReadonlySet<number>) => void
}

/** Which seasons: all at once, each, and the specials. */
export function Seasons({ seasons, chosen, onChange }: Props) {
  const numbers = seasons.map(({ number }) => number)
  const isAll = numbers.every((number) => chosen.has(number))
  function toggle(some: readonly number[], isOn: boolean): void {
    const changed = new Set(chosen)
    for (const number of some) {
      if (isOn) {
        changed.add(number)
      } else {
        changed.delete(number)
      }
    }
    onChange(changed)
  }
  return (
    <fieldset className={css['seasons']}>
      <legend>{texts.seasons}</legend>
      <Checkbox
        label={texts.allSeasons}
        checked={isAll}
        onChange={(event) => toggle(numbers, event.target.checked)}
      />
      <div className={css['seasonList']}>
        {[...seasons, { number: 0, files: null }].map(({ number, files }) => (
          <Checkbox
            key={number}
            label={texts.season(number)}
            hint={files === 'all' ? texts.allThere : files === 'some' ? texts.someThere : undefined}
            checked={chosen.has(number)}
            onChange={(event) => toggle([number], event.target.checked)}
          />
        ))}
      </div>
      {chosen.size === 0 ? <p className={css['quiet']}>{texts.chooseSeason}</p> : null}
    </fieldset>
  )
}
