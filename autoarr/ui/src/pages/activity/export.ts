import { fetchRaw } from '../../api/client.ts'
import { type Filters, toQuery } from './filters.ts'

export type Format = 'csv' | 'jsonl'

/** Milliseconds that the browser has to begin with a file. */
const KEPT_MS = 60_000

/** The address of the export. */
export function exportPath(format: Format, filters: Filters): string {
  const search = new URLSearchParams({ format })
  for (const [name, value] of Object.entries(toQuery(filters))) {
    search.set(name, String(value))
  }
  return `/api/v1/activity/export?${search}`
}

/** Gives the reader the log as a file. @throws Problem */
export async function download(format: Format, filters: Filters): Promise<void> {
  const response = await fetchRaw(exportPath(format, filters))
  const address = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = `autoarr-activity.${format}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS)
}
