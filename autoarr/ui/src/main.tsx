import './styles.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import { UnloadedError } from './lazily.ts'
import { applyTheme } from './theme.ts'

const root = document.getElementById('root')
if (root === null) {
  throw new Error('index.html has no element with the id "root"')
}
applyTheme()
createRoot(root, {
  onCaughtError: (error, { componentStack }) => {
    // What could not be fetched is no fault of the page: the browser says so by itself, and the page what to do.
    if (!(error instanceof UnloadedError)) {
      // biome-ignore lint/suspicious/noConsole: as React does, where nothing else is given
      console.error(error, componentStack)
    }
  },
}).render(
  <StrictMode>
    <ErrorBoundary frame={(said) => <main className="bare">{said}</main>}>
      <App />
    </ErrorBoundary>
  </StrictMode>,
)
