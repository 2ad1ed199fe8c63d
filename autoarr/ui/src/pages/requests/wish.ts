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

/** What is asked for, in short: seasons and quality. */
export function describeExtent({
  media,
  seasons,
  quality,
}: Pick<Schema<'RequestView'>, 'media' | 'seasons' | 'quality'>): string {
  return [
    ...(media === 'series' ? [seasons === null ? texts.everySeason : texts.seasonsOf(seasons)] : []),
    ...(media === 'movie' ? [texts.film.toLowerCase()] : []),
    ...(quality ? [texts.inQuality(quality)] : []),
  ].join(' ')
}
