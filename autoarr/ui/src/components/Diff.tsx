import css from './Diff.module.css'
import { showValue } from './values.ts'

interface Props {
  fields: ReadonlyArray<{ field: string; before: unknown; after: unknown }>
  /** Whether it has happened. */
  past?: boolean
}

/** What a write changes, or changed, field by field. */
export function Diff({ fields, past = false }: Props) {
  return (
    <table className={css['diff']}>
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">{past ? 'Before' : 'Now'}</th>
          <th scope="col">{past ? 'After' : 'Then'}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ field, before, after }) => (
          <tr key={field}>
            <th scope="row">
              <code>{field}</code>
            </th>
            <td>
              <del>{showValue(before)}</del>
            </td>
            <td>
              <ins>{showValue(after)}</ins>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
