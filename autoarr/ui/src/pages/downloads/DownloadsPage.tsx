import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { ButtonLink } from '../../components/Button.tsx'
import { Loaded } from '../../components/Loaded.tsx'
import { Empty, Notice } from '../../components/Notice.tsx'
import { Page, Panel } from '../../components/Panel.tsx'
import { PAGE_SIZE } from '../../components/paging.ts'
import { VirtualList } from '../../components/VirtualList.tsx'
import { useRefetchInterval } from '../../hooks/useRefetchInterval.ts'
import { DownloadRow } from './DownloadRow.tsx'
import css from './DownloadsPage.module.css'
import { describeMissing } from './missing.ts'
import { Sources } from './Sources.tsx'
import { texts } from './texts.ts'

const ROW_HEIGHT = 92

function page(number: number) {
  return api.queryOptions('get', '/api/v1/downloads', {
    params: { query: { page: number, page_size: PAGE_SIZE } },
  })
}

/** The queues of all services as one. */
export default function DownloadsPage() {
  const refetchInterval = useRefetchInterval()
  // The list's own first page: it is asked for once.
  const first = useQuery({ ...page(1), refetchInterval })
  return (
    <Page title={texts.title}>
      {/* What fails later, the list tells. */}
      <Loaded query={first.data === undefined ? first : { ...first, error: null }} lines={10}>
        {(known) => (
          <>
            <Lacks downloads={known} />
            <Panel
              title={texts.queue}
              aside={<span className={css['quiet']}>{texts.total(known.total)}</span>}
            >
              <Sources sources={known.sources} />
              <VirtualList
                label={texts.list}
                page={page}
                rowKey={(download) => download.download_id ?? `${download.client}/${download.title}`}
                row={(download: Schema<'Download'>) => <DownloadRow download={download} />}
                rowHeight={ROW_HEIGHT}
                refetchInterval={refetchInterval}
                empty={<Nothing downloads={known} />}
              />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Lacks({ downloads }: { downloads: Schema<'Downloads'> }) {
  if (downloads.complete) {
    return null
  }
  return (
    <Notice tone="doubt" title={texts.incomplete}>
      {describeMissing(downloads.sources).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </Notice>
  )
}

function Nothing({ downloads }: { downloads: Schema<'Downloads'> }) {
  if (downloads.sources.length === 0) {
    return (
      <Empty title={texts.noServices}>
        <p>{texts.noServicesHint}</p>
        <ButtonLink href="/services">{texts.toServices}</ButtonLink>
      </Empty>
    )
  }
  return downloads.complete ? (
    <Empty title={texts.none}>
      <p>{texts.noneHint}</p>
    </Empty>
  ) : (
    <Empty title={texts.noneKnown}>
      <p>{texts.noneKnownHint}</p>
    </Empty>
  )
}
