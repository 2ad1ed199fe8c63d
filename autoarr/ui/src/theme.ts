const KEY = 'autoarr.theme'

/** What the pages look like; `system` follows the device. */
export type Theme = 'system' | 'light' | 'dark'

export function getTheme(): Theme {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme)
  applyTheme()
}

/** Has the page follow what was chosen in this browser. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = getTheme()
}
