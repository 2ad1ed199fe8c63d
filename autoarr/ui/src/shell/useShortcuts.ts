import { useEffect, useEffectEvent } from 'react'
import { useLocation } from 'wouter'
import type { Me } from '../api/session.ts'
import { placesFor } from './navigation.ts'

/** Milliseconds within which the second key of a pair has to come. */
const PAIR_MS = 1500

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, dialog, [contenteditable]') !== null
  )
}

/** Ctrl K or / opens the palette; g and a place's key go there. */
export function useShortcuts(me: Me, openPalette: () => void): void {
  const [, navigate] = useLocation()
  const go = useEffectEvent((key: string) => {
    const place = placesFor(me).find((one) => one.key === key)
    if (place) {
      navigate(place.href)
    }
  })
  const open = useEffectEvent(openPalette)
  useEffect(() => {
    let pressedG = Number.NEGATIVE_INFINITY
    function onKeyDown(event: KeyboardEvent): void {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        open()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
        return
      }
      if (event.key === '/') {
        event.preventDefault()
        open()
      } else if (event.timeStamp - pressedG < PAIR_MS) {
        pressedG = Number.NEGATIVE_INFINITY
        go(event.key)
      } else if (event.key === 'g') {
        pressedG = event.timeStamp
      }
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
}
