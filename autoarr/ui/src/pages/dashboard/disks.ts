import type { Schema } from '../../api/types.ts'
import { type Folder, readDisk } from './data.ts'

type Service = Schema<'ServicePart'>

export interface Disk extends Folder {
  /** Those that tell of it. */
  services: string[]
  /** Whether what is said of it is from earlier. */
  isStale: boolean
}

/** Parts of a disk that are free, below which it is nearly full, or getting so. */
const NEARLY_FULL = 0.05
const LOW = 0.1

export type Room = 'enough' | 'low' | 'nearly_full' | 'unknown'

export function roomOf({ free, total }: Folder): Room {
  if (free === null || total === null || total === 0) {
    return 'unknown'
  }
  const part = free / total
  return part < NEARLY_FULL ? 'nearly_full' : part < LOW ? 'low' : 'enough'
}

/** Every disk once, whoever tells of it, the fullest first; and the services of which none is known. */
export function gatherDisks(services: readonly Service[]): { disks: Disk[]; unknown: string[] } {
  const disks = new Map<string, Disk>()
  const unknown: string[] = []
  for (const { name, blocks } of services) {
    const block = blocks['disk']
    if (!block) {
      continue
    }
    const folders = block.state === 'unknown' ? null : readDisk(block.data)
    if (folders === null) {
      unknown.push(name)
    }
    for (const folder of folders ?? []) {
      // The same path of the same size with the same room: one disk, mounted in several containers.
      const key = JSON.stringify([folder.path, folder.total, folder.free])
      const known = disks.get(key)
      if (known) {
        known.services.push(name)
      } else {
        disks.set(key, { ...folder, services: [name], isStale: block.state === 'stale' })
      }
    }
  }
  const part = ({ free, total }: Disk) => (free === null || !total ? 1 : free / total)
  return { disks: [...disks.values()].sort((one, other) => part(one) - part(other)), unknown }
}
