import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Panel } from '../../components/Panel.tsx'
import { formatSize } from '../../size.ts'
import css from './Dashboard.module.css'
import { type Disk, gatherDisks, roomOf } from './disks.ts'
import { State } from './State.tsx'
import { worst } from './standing.ts'
import { STATE, TEXTS } from './texts.ts'

/** How much room there is where the services put what they download. */
export function DiskPanel({ services }: { services: Schema<'Dashboard'>['services'] }) {
  const { disks, unknown } = gatherDisks(services)
  const standing = worst(services.flatMap(({ blocks }) => blocks['disk'] ?? []))
  return (
    <Panel title={TEXTS.disk} aside={standing ? <State {...standing} /> : null}>
      {disks.length === 0 && unknown.length === 0 ? <p className={css['muted']}>{TEXTS.diskNone}</p> : null}
      <ul className={css['disks']}>
        {disks.map((disk) => (
          <li key={`${disk.services[0]} ${disk.path}`}>
            <DiskShown disk={disk} />
          </li>
        ))}
      </ul>
      {unknown.length > 0 ? <p className={css['lacks']}>{TEXTS.notKnownOf(unknown)}</p> : null}
    </Panel>
  )
}

function DiskShown({ disk }: { disk: Disk }) {
  const { path, free, total, services, isStale } = disk
  const room = roomOf(disk)
  return (
    <>
      <div className={css['service']}>
        <span className={css['serviceName']}>
          <strong>{path}</strong>
          <span className={css['muted']}>{TEXTS.as(services)}</span>
        </span>
        {room === 'low' || room === 'nearly_full' ? (
          <Badge tone={room === 'low' ? 'doubt' : 'bad'}>{TEXTS.room[room]}</Badge>
        ) : null}
        {isStale ? <Badge tone="doubt">{STATE.stale}</Badge> : null}
      </div>
      {free !== null && total ? (
        // Its text is below.
        <svg className={`${css['bar']} ${css[room]}`} width="100%" height="8" aria-hidden="true">
          <rect width="100%" height="8" rx="4" className={css['barTrack']} />
          <rect width={`${100 * (1 - free / total)}%`} height="8" rx="4" className={css['barUsed']} />
        </svg>
      ) : null}
      <p className={css['muted']}>
        {free === null
          ? TEXTS.room.unknown
          : total
            ? TEXTS.free(formatSize(free), formatSize(total))
            : TEXTS.freeOnly(formatSize(free))}
      </p>
    </>
  )
}
