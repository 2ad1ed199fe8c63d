import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { Poster } from '../../components/Poster.tsx'
import { signsOf } from './presence.ts'
import css from './Requests.module.css'
import { texts } from './texts.ts'

/** Pixels, where the grid doesn't say. */
const WIDTH = 150

/** A found title, to be pressed. */
export function TitleCard({ title, onChoose }: { title: Schema<'TitleFound'>; onChoose: () => void }) {
  return (
    <button type="button" className={css['card']} onClick={onChoose}>
      <Poster address={title.poster} title={title.title} width={WIDTH} fluid />
      <span className={css['cardTitle']}>{title.title}</span>
      <span className={css['quiet']}>
        {title.media === 'movie' ? texts.film : texts.series}
        {title.year === null ? null : `, ${title.year}`}
      </span>
      <span className={css['signs']}>
        {signsOf(title).map(({ words, tone }) => (
          <Badge key={words} tone={tone}>
            {words}
          </Badge>
        ))}
      </span>
    </button>
  )
}
