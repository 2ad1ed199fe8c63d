import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Poster } from '../../components/Poster.tsx'
import { Progress } from '../../components/Progress.tsx'
import { ReleaseName } from '../../components/ReleaseName.tsx'
import { formatPart, formatSize } from '../../size.ts'
import { FAILURES } from '../recoveries/causes.ts'
import css from './DownloadsPage.module.css'
import { enumerate, texts } from './texts.ts'
import { describeStatus } from './words.ts'

type Download = Schema<'Download'>

/** One download, whoever tells of it. */
export function DownloadRow({ download }: { download: Download }) {
  const { title, count, status, managers, client, message, recovery, progress, poster } = download
  const { words, tone } = describeStatus(status)
  return (
    <article className={css['row']}>
      <Poster address={poster} title={title} width={44} />
      <div className={css['what']}>
        <p className={css['title']}>
          <ReleaseName>{title}</ReleaseName>
        </p>
        <p className={css['quiet']}>
          {[
            managers.length > 0 ? texts.managers(enumerate(managers)) : texts.noManager,
            client === null ? texts.noClient : texts.client(client),
            ...(count > 1 ? [texts.parts(count)] : []),
          ].join(' · ')}
        </p>
        {message ? <p className={css['message']}>{message}</p> : null}
        {recovery ? (
          <p className={css['recovery']}>
            <Link href={`/recoveries/${recovery.id}`}>
              {texts.recovery}: {FAILURES[recovery.failure].name}
            </Link>
            {recovery.state === 'asking' ? <Badge tone="doubt">{texts.asks}</Badge> : null}
          </p>
        ) : null}
      </div>
      <div className={css['far']}>
        <Badge tone={tone}>{words}</Badge>
        {progress === null ? null : <Progress value={progress} label={texts.progress(title)} />}
        <p className={css['quiet']}>{describeSizes(download)}</p>
      </div>
    </article>
  )
}

function describeSizes({ size_bytes, left_bytes, progress }: Download): string {
  if (size_bytes === null || size_bytes === 0) {
    return texts.sizeUnknown
  }
  return progress === null || left_bytes === null
    ? texts.size(formatSize(size_bytes))
    : texts.sizes(formatPart(progress), formatSize(size_bytes), formatSize(left_bytes))
}
