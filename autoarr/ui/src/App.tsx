import logo from './assets/logo.svg'
import { NotFound } from './NotFound.tsx'
import { StatusPage } from './status/StatusPage.tsx'

const HOME = new Set(['/', '/index.html'])

/** The frame of every page, and the page that `path` names. */
export function App({ path }: { path: string }) {
  return (
    <>
      <header className="site-header">
        <a className="brand" href="/">
          <img src={logo} alt="" width="32" height="32" />
          AutoArr
        </a>
      </header>
      <main className="page">{HOME.has(path) ? <StatusPage /> : <NotFound path={path} />}</main>
    </>
  )
}
