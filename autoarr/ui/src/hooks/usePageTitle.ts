import { useEffect } from 'react'

/** Puts `title` before the application's name in the browser's tab. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · AutoArr`
  }, [title])
}
