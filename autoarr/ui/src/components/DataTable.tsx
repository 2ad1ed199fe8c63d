import type { ReactNode } from 'react'
import css from './DataTable.module.css'

export interface Column<Row> {
  name: string
  cell: (row: Row) => ReactNode
  /** The cell is what the row is called; one column has it. */
  heads?: boolean
}

interface Props<Row> {
  /** What it lists, for those who hear it. */
  label: string
  columns: ReadonlyArray<Column<Row>>
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** The buttons of a row. */
  actions?: (row: Row) => ReactNode
}

/** A short table; on a phone each row is a block. Long lists are a `VirtualList`. */
export function DataTable<Row>({ label, columns, rows, rowKey, actions }: Props<Row>) {
  return (
    <table className={css['table']} aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
          {actions ? (
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map(({ name, cell, heads }) =>
              heads ? (
                <th key={name} scope="row">
                  {cell(row)}
                </th>
              ) : (
                <td key={name} data-label={name}>
                  <div>{cell(row)}</div>
                </td>
              ),
            )}
            {actions ? (
              <td className={css['actions']}>
                <div>{actions(row)}</div>
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
