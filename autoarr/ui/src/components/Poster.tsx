import { useState } from 'react'
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
 * A film's or a series's picture, or a tile of the same size with its title. It says nothing that isn't beside it, so
 * it is not read out.
 */
export function Poster({ address, title, width, fluid = false }: Props) {
  const [broken, setBroken] = useState<string | null>(null)
  return (
    <div
      className={`${css['poster']} ${fluid ? css['fluid'] : ''}`}
      style={{ '--poster-width': `${width}px` } as React.CSSProperties}
      aria-hidden="true"
    >
      {address && address !== broken ? (
        <img
          className={css['picture']}
          src={address}
          alt=""
          width={width}
          height={width * 1.5}
          loading="lazy"
          decoding="async"
          onError={() => setBroken(address)}
        />
      ) : width < NARROW ? (
        <span className={css['initials']}>{initials(title)}</span>
      ) : (
        <span className={css['tile']}>{title}</span>
      )}
    </div>
  )
}
