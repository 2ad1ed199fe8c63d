import { type ReactNode, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Link, useLocation } from 'wouter'
import { getConnection, subscribe } from '../api/live.ts'
import { logOut, type Me } from '../api/session.ts'
import logo from '../assets/logo.svg'
import { Dialog } from '../components/Dialog.tsx'
import { Toasts } from '../components/Toasts.tsx'
import { ErrorBoundary } from '../ErrorBoundary.tsx'
import { lazily } from '../lazily.ts'
import { isAt, type Place, placesFor } from './navigation.ts'
import css from './Shell.module.css'
import { useShortcuts } from './useShortcuts.ts'

const CommandPalette = lazily(() => import('./CommandPalette.tsx'))

/** The frame of every page of who is logged in. */
export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const [path] = useLocation()
  const [open, setOpen] = useState<'palette' | 'menu' | null>(null)
  const main = useRef<HTMLElement>(null)
  useShortcuts(me, () => setOpen('palette'))
  const shown = useRef(path)
  useEffect(() => {
    if (shown.current !== path) {
      shown.current = path
      setOpen(null)
      // Who hears the page, or uses the keyboard, goes on at the new page's beginning.
      main.current?.focus({ preventScroll: true })
    }
  }, [path])
  useEffect(() => {
    // wouter's event of a page that is gone to. One that is come back to has its place, which the browser finds again.
    const begin = () => {
      if (shown.current !== window.location.pathname) {
        window.scrollTo(0, 0)
      }
    }
    window.addEventListener('pushState', begin)
    return () => window.removeEventListener('pushState', begin)
  }, [])
  const places = placesFor(me)
  return (
    <div className={css['frame']}>
      <a className={css['skip']} href="#main">
        Skip to the page
      </a>
      <header className={css['header']}>
        <Link href="/" className={css['brand'] ?? ''}>
          <img src={logo} alt="" width="28" height="28" />
          AutoArr
        </Link>
        <ConnectionState />
        <button
          type="button"
          className={css['find']}
          onClick={() => setOpen('palette')}
          aria-keyshortcuts="Control+K"
        >
          Go to… <kbd>Ctrl K</kbd>
        </button>
      </header>
      <nav className={css['side']} aria-label="Pages">
        <Places places={places} path={path} />
        <LogOut name={me.name} />
      </nav>
      <main className={css['main']} id="main" tabIndex={-1} ref={main}>
        {children}
      </main>
      <nav className={css['bar']} aria-label="Pages">
        <Places places={places.filter(({ first }) => first || places.length <= 4)} path={path} />
        <button type="button" className={css['place']} onClick={() => setOpen('menu')}>
          <Glyph path="M4 7h16M4 12h16M4 17h16" />
          Menu
        </button>
      </nav>
      {open === 'menu' ? (
        <Dialog title="Menu" onClose={() => setOpen(null)}>
          <nav className={css['menu']} aria-label="All pages">
            <Places places={places} path={path} />
            <LogOut name={me.name} />
          </nav>
        </Dialog>
      ) : null}
      {open === 'palette' ? (
        <ErrorBoundary
          frame={(said) => (
            <Dialog title="Go to or do" onClose={() => setOpen(null)}>
              {said}
            </Dialog>
          )}
        >
          <Suspense fallback={null}>
            <CommandPalette me={me} onClose={() => setOpen(null)} />
          </Suspense>
        </ErrorBoundary>
      ) : null}
      <Toasts />
    </div>
  )
}

function Places({ places, path }: { places: readonly Place[]; path: string }) {
  return (
    <ul className={css['places']}>
      {places.map(({ href, name, icon }) => (
        <li key={href}>
          <Link
            href={href}
            className={css['place'] ?? ''}
            aria-current={isAt(href, path) ? 'page' : undefined}
          >
            <Glyph path={icon} />
            {name}
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Glyph({ path }: { path: string }) {
  return (
    <svg className={css['glyph']} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  )
}

function LogOut({ name }: { name: string }) {
  return (
    <button type="button" className={css['place']} onClick={() => void logOut()}>
      <Glyph path="M14 4h5v16h-5M4 12h11m0 0-4-4m4 4-4 4" />
      Log out {name}
    </button>
  )
}

const SAYS = {
  connecting: ['Connecting'],
  live: ['Live'],
  lost: ['Not live', ': looking every 10 s'],
} as const

/** Whether what is shown follows what happens. */
function ConnectionState() {
  const connection = useSyncExternalStore(subscribe, getConnection)
  const [word, detail] = SAYS[connection]
  return (
    <span className={css['connection']} data-connection={connection} role="status">
      <span>
        {word}
        {detail ? <span className={css['detail']}>{detail}</span> : null}
      </span>
    </span>
  )
}
