import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Panel } from '../../components/Panel.tsx'
import { Poster } from '../../components/Poster.tsx'
import { Progress } from '../../components/Progress.tsx'
import { formatPart, formatSize } from '../../size.ts'
import { describeStatus } from '../downloads/words.ts'
import css from './Dashboard.module.css'
import { readWork } from './data.ts'
import { sayFigure } from './figures.ts'
import { State } from './State.tsx'
import { worst } from './standing.ts'
import { TEXTS } from './texts.ts'

/** Rows that are shown here. */
const FEW = 6

/** What is downloaded at present. */
export function QueuePanel({ dashboard }: { dashboard: Schema<'Dashboard'> }) {
  const { queue, queue_truncated, services, figures } = dashboard
  const blocks = services.flatMap(({ blocks }) => blocks['queue'] ?? [])
  const standing = worst(blocks)
  const { lacks, isKnown } = sayFigure(figures['queue'])
  return (
    <Panel title={TEXTS.queue} aside={<Link href="/downloads">{TEXTS.allDownloads}</Link>}>
      <p className={css['line']}>
        {standing ? <State {...standing} /> : null}
        <Works services={services} />
      </p>
      {queue.length === 0 ? (
        <p className={css['muted']}>{isKnown ? TEXTS.queueEmpty : TEXTS.queueUnknown}</p>
      ) : (
        <ol className={css['queue']}>
          {queue.slice(0, FEW).map((row, at) => (
            <li key={row.download_id ?? `${at} ${row.title}`}>
              <QueueRow row={row} />
            </li>
          ))}
        </ol>
      )}
      {queue.length > FEW ? <p className={css['muted']}>{TEXTS.queueShown(FEW, queue.length)}</p> : null}
      {queue_truncated ? <p className={css['muted']}>{TEXTS.queueTruncated}</p> : null}
      {lacks && standing ? <p className={css['lacks']}>{lacks}</p> : null}
    </Panel>
  )
}

/** How fast each SABnzbd is, as long as that is known. */
function Works({ services }: { services: Schema<'Dashboard'>['services'] }) {
  return services.map(({ id, name, blocks }) => {
    const block = blocks['queue']
    const work = block?.state === 'fresh' ? readWork(block.data) : null
    if (work === null) {
      return null
    }
    return work.paused ? (
      <Badge key={id} tone="doubt">
        {TEXTS.paused(name)}
      </Badge>
    ) : (
      <span key={id} className={css['muted']}>
        {work.speed === null ? null : TEXTS.speed(name, formatSize(work.speed))}
      </span>
    )
  })
}

function QueueRow({ row }: { row: Schema<'QueueRow'> }) {
  const { title, status, size_bytes, left_bytes, message, poster } = row
  const { words, tone } = describeStatus(status)
  const part = size_bytes && left_bytes !== null ? Math.max(0, 1 - left_bytes / size_bytes) : null
  return (
    <div className={css['download']}>
      <Poster address={poster} title={title} width={32} />
      <div className={css['downloadText']}>
        <p className={css['downloadTitle']} title={title}>
          {title}
        </p>
        {message ? <p className={css['message']}>{message}</p> : null}
        {part === null ? null : <Progress value={part} label={TEXTS.progressOf(title)} />}
      </div>
      <div className={css['downloadState']}>
        <Badge tone={tone}>{words}</Badge>
        <span className={css['muted']}>
          {part === null || left_bytes === null
            ? null
            : `${formatPart(part)} · ${TEXTS.left(formatSize(left_bytes))}`}
        </span>
      </div>
    </div>
  )
}
