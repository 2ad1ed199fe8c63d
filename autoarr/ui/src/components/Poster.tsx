import { initials } from './initials.ts'
import css from './Poster.module.css'

interface Props {
  /** Null where there is none. */
  address: string | null | undefined
  title: string
  /** Pixels; it is half as tall again. */
  width: number
  /** It is as wide as there is room instead. */
  fluid?: boolean
}

/** Below this, a tile has no room for more than initials. */
const NARROW = 80

/**
 * A film's or a series's picture over a tile of the same size with its title, which is seen where there is no picture:
 * the server then gives a transparent one. It says nothing that isn't beside it, so it is not read out.
 */
export function Poster({ address, title, width, fluid = false }: Props) {
  return (
    <div
      className={`${css['poster']} ${fluid ? css['fluid'] : ''}`}
      style={{ '--poster-width': `${width}px` } as React.CSSProperties}
      aria-hidden="true"
    >
      {width < NARROW ? (
        <span className={css['initials']}>{initials(title)}</span>
      ) : (
        <span className={css['tile']}>{title}</span>
      )}
      {address ? (
        <img
          className={css['picture']}
          src={`${address}?blank=true`}
          alt=""
          width={width}
          height={width * 1.5}
          loading="lazy"
          decoding="async"
        />
      ) : null}
    </div>
  )
}
