import { useLayoutEffect, useState } from 'react'

/** Pixels from the beginning of the document to `element`, whatever changes its height before it. */
export function useTop(element: HTMLElement | null): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    if (element === null) {
      return
    }
    const measure = () => setTop(Math.round(element.getBoundingClientRect().top + window.scrollY))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [element])
  return top
}
