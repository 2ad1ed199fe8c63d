import type { Schema } from '../../api/types.ts'
import { texts } from './texts.ts'

type Wish = Schema<'Wish'>
type Title = Schema<'TitleFound'>

/** What was understood of a wish beyond its words; null where there is nothing to say. */
export function describeWish(wish: Wish): string | null {
  const { title, year, seasons, quality } = wish
  const more = [
    ...(seasons === 'latest' ? [texts.latestSeason] : seasons ? [texts.seasonsOf(seasons)] : []),
    ...(quality ? [texts.inQuality(quality)] : []),
  ]
  if (more.length === 0) {
    return null
  }
  return [`${title}${year ? ` (${year})` : ''}`, ...more].filter(Boolean).join(', ')
}

/** Which seasons are ticked at first: those wished for, else those that are not wholly there. */
export function preselect({ seasons }: Pick<Title, 'seasons'>, wished: Wish['seasons']): number[] {
  const numbers = seasons.map(({ number }) => number)
  if (wished === 'latest') {
    return numbers.slice(-1)
  }
  if (wished) {
    return wished.filter((number) => number === 0 || numbers.includes(number))
  }
  return seasons.filter(({ files }) => files !== 'all').map(({ number }) => number)
}

/** The seasons as the API wants them: null stands for all but the specials. */
export function asSeasons(chosen: ReadonlySet<number>, all: readonly number[]): number[] | null {
  const isAll = !chosen.has(0) && all.every((number) => chosen.has(number))
  return isAll ? null : [...chosen].sort((one, other) => one - other)
}

/** What is asked for, in short: seasons and quality; as wished for where that was not settled. */
export function describeExtent({
  media,
  seasons,
  quality,
  wish,
}: Pick<Schema<'RequestView'>, 'media' | 'seasons' | 'quality' | 'wish'>): string {
  return [
    ...(media === 'series' ? [describeSeasons(seasons ?? wish['seasons'])] : []),
    ...(media === 'movie' ? [texts.film.toLowerCase()] : []),
    ...(quality ? [texts.inQuality(quality)] : []),
  ].join(' ')
}

function describeSeasons(seasons: unknown): string {
  if (Array.isArray(seasons)) {
    return texts.seasonsOf(seasons.map(Number))
  }
  return seasons === 'latest' ? texts.latestSeason : texts.everySeason
}
