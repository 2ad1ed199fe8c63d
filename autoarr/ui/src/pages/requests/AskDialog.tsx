import { useState } from 'react'
import { Link } from 'wouter'
import { client } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Buttons, Dialog } from '../../components/Dialog.tsx'
import { Facts } from '../../components/Facts.tsx'
import { Select } from '../../components/Field.tsx'
import { Failure, Notice } from '../../components/Notice.tsx'
import { Poster } from '../../components/Poster.tsx'
import { toast } from '../../components/toast.ts'
import { useAction } from '../../hooks/useAction.ts'
import { useInvalidate } from '../../hooks/useInvalidate.ts'
import { describeLibrary, describePlex } from './presence.ts'
import css from './Requests.module.css'
import { Seasons } from './Seasons.tsx'
import { nameState } from './states.ts'
import { texts } from './texts.ts'
import { asSeasons, preselect } from './wish.ts'

type Title = Schema<'TitleFound'>
type Quality = '4K' | '1080p' | '720p' | 'HD' | 'SD'

const QUALITIES = [
  ['', texts.anyQuality],
  ...(['4K', '1080p', '720p', 'HD', 'SD'] as const).map((one) => [one, one] as const),
] as const

const POSTER_WIDTH = 110

interface Props {
  title: Title
  /** What was understood of the search, which says what is ticked at first. */
  wish: Schema<'Wish'>
  onAsked: (title: Title, made: Schema<'RequestView'>) => void
  onClose: () => void
}

/** Asks for one title: which seasons, in which quality. */
export function AskDialog({ title, wish, onAsked, onClose }: Props) {
  const all = title.seasons.map(({ number }) => number)
  const isSeries = title.media === 'series'
  const [seasons, setSeasons] = useState<ReadonlySet<number>>(() => new Set(preselect(title, wish.seasons)))
  const [quality, setQuality] = useState<Quality | ''>(wish.quality ?? '')
  const invalidate = useInvalidate()
  const { busy, problem, act } = useAction(async () => {
    const { data } = await client.POST('/api/v1/requests', { body: asBody(title, seasons, all, quality) })
    if (data) {
      onAsked(title, data)
      toast(`${texts.wasAsked(title.title)}. ${data.reason}`)
    }
    onClose()
    await invalidate('/api/v1/requests')
  })
  // Of a series without known seasons, all that there will be.
  const isNothing = isSeries && seasons.size === 0 && all.length > 0
  const name = `${title.title}${title.year === null ? '' : ` (${title.year})`}`
  return (
    <Dialog title={name} onClose={onClose} wide={isSeries && all.length > 6}>
      <div className={css['about']}>
        <Poster address={title.poster} title={title.title} width={POSTER_WIDTH} />
        <p>{title.overview}</p>
      </div>
      <Facts
        facts={[
          [texts.library, describeLibrary(title)],
          [texts.plex, describePlex(title)],
        ]}
      />
      {title.requests.map((request) => (
        <Notice key={request.id ?? request.state} title={texts.askedAlready(nameState(request.state))}>
          {request.id === null ? null : (
            <p>
              <Link href={`/requests/${request.id}`}>{texts.toRequest}</Link>
            </p>
          )}
        </Notice>
      ))}
      {isSeries && all.length > 0 ? (
        <Seasons seasons={title.seasons} chosen={seasons} onChange={setSeasons} />
      ) : null}
      <Select label={texts.quality} value={quality} options={QUALITIES} onChange={setQuality} />
      {title.files === 'all' ? <p className={css['quiet']}>{texts.alreadyThere}</p> : null}
      {problem ? <Failure error={problem} /> : null}
      <Buttons>
        <Button onClick={onClose}>{texts.keep}</Button>
        <Button tone="primary" busy={busy} disabled={isNothing} onClick={() => act()}>
          {texts.askFor}
        </Button>
      </Buttons>
    </Dialog>
  )
}

function asBody(
  { media, title, year, tmdb_id, tvdb_id }: Title,
  seasons: ReadonlySet<number>,
  all: readonly number[],
  quality: Quality | '',
): Schema<'NewRequest'> {
  const common = { text: '', title, year, quality: quality === '' ? null : quality }
  return media === 'movie'
    ? { media, tmdb_id, ...common }
    : { media, tvdb_id, ...common, seasons: all.length === 0 ? null : asSeasons(seasons, all) }
}
