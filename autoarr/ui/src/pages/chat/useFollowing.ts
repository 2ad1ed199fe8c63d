import { useEffect, useLayoutEffect, useRef } from 'react'

/** Pixels from the end within which somebody reads the end. */
const NEAR = 160

function toEnd(): void {
  window.scrollTo(0, document.documentElement.scrollHeight)
}

/**
 * Keeps the end of the page in sight as it grows, for who reads there, and goes there when `isLoaded`.
 *
 * @param content changes with what is on the page
 */
export function useFollowing(content: unknown, isLoaded: boolean): void {
  const isAtEnd = useRef(true)
  useEffect(() => {
    function look(): void {
      const { scrollHeight } = document.documentElement
      isAtEnd.current = window.scrollY + window.innerHeight >= scrollHeight - NEAR
    }
    window.addEventListener('scroll', look, { passive: true })
    return () => window.removeEventListener('scroll', look)
  }, [])
  useLayoutEffect(() => {
    if (isLoaded && content !== null && isAtEnd.current) {
      toEnd()
    }
  }, [content, isLoaded])
}
