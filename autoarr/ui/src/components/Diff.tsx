import css from './Diff.module.css'
import { showValue } from './values.ts'

interface Props {
  fields: ReadonlyArray<{ field: string; before: unknown; after: unknown }>
}

/** What a write changes, field by field. */
export function Diff({ fields }: Props) {
  return (
    <table className={css['diff']}>
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">Now</th>
          <th scope="col">Then</th>
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
