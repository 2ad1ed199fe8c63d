import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import type { Schema } from '../../api/types.ts'
import { Empty, Failure, Notice } from '../../components/Notice.tsx'
import { AskDialog } from './AskDialog.tsx'
import { InWords } from './InWords.tsx'
import css from './Requests.module.css'
import { TitleCard } from './TitleCard.tsx'
import { texts } from './texts.ts'
import { describeWish } from './wish.ts'

type Found = Schema<'Found'>
type Title = Schema<'TitleFound'>

/** Milliseconds for which what a search gave is not asked for again. */
const FRESH_MS = 60_000
/** As many tiles hold the room for titles that are on their way. */
const TILES = [0, 1, 2, 3, 4, 5]

/** What a search gave, and what it could not. */
export function Results({ q, media }: { q: string; media: 'movie' | 'series' | null }) {
  const options = api.queryOptions('get', '/api/v1/media/search', {
    params: { query: { q, ...(media && { media }) } },
  })
  const query = useQuery({
    ...options,
    staleTime: FRESH_MS,
    retry: false,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  })
  const queries = useQueryClient()
  const [chosen, setChosen] = useState<Title | null>(null)
  const { data, error, isFetching, isPlaceholderData, refetch } = query
  function noteRequest(title: Title, made: Schema<'RequestView'>): void {
    const request = { id: made.id, mine: true, state: made.state, seasons: made.seasons }
    queries.setQueryData<Found>(options.queryKey, (before) => before && withRequest(before, title, request))
  }
  return (
    <>
      <p className={css['quiet']} role="status">
        {isFetching ? texts.searching : data ? describeFound(data) : null}
      </p>
      {error ? <Failure error={error} retry={() => void refetch()} /> : null}
      {data === undefined && !error ? <Coming /> : null}
      {data ? (
        <div className={css['results']} aria-busy={isPlaceholderData}>
          <Understood wish={data.wish} />
          <Unknown found={data} />
          {data.items.length === 0 ? <Nothing found={data} /> : null}
          <ul className={css['cards']} aria-label={texts.results}>
            {data.items.map((title) => (
              <li key={title.id}>
                <TitleCard title={title} onChoose={() => setChosen(title)} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {isFetching || (data === undefined && !error) ? null : (
        <InWords text={q} isLater={data === undefined || !data.complete} />
      )}
      {chosen && data ? (
        <AskDialog
          title={data.items.find(({ id }) => id === chosen.id) ?? chosen}
          wish={data.wish}
          onAsked={noteRequest}
          onClose={() => setChosen(null)}
        />
      ) : null}
    </>
  )
}

function withRequest(found: Found, title: Title, request: Title['requests'][number]): Found {
  return {
    ...found,
    items: found.items.map((one) =>
      one.id === title.id ? { ...one, requests: [...one.requests, request] } : one,
    ),
  }
}

function Understood({ wish }: { wish: Schema<'Wish'> }) {
  const words = describeWish(wish)
  return words === null ? null : (
    <p>
      {texts.understood} <strong>{words}</strong>
    </p>
  )
}

/** How many there are; of none that may be some, nothing is said here. */
function describeFound({ items, complete }: Found): string | null {
  return items.length === 0 && !complete ? null : texts.found(items.length)
}

/** Who could not tell, and why. */
function Unknown({ found: { complete, unknown, items } }: { found: Found }) {
  if (complete) {
    return null
  }
  const isNobody =
    items.length === 0 &&
    (['movie', 'series'] as const).every((kind) => unknown.some(({ media }) => media === kind))
  return (
    <Notice tone="doubt" title={isNobody ? texts.nobody : texts.incomplete}>
      {unknown.map(({ reason, service_id, media }) => (
        <p key={`${service_id} ${media}`}>{reason}</p>
      ))}
    </Notice>
  )
}

function Nothing({ found: { complete, wish } }: { found: Found }) {
  // What could not be asked is no "nothing".
  return complete ? (
    <Empty title={texts.nothing(wish.title ?? '')}>
      <p>{texts.nothingHint}</p>
    </Empty>
  ) : null
}

function Coming() {
  return (
    <div className={css['cards']} aria-hidden="true">
      {TILES.map((tile) => (
        <div key={tile} className={css['coming']} />
      ))}
    </div>
  )
}
