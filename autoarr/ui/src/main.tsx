import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'

const root = document.getElementById('root')
if (root === null) {
  throw new Error('index.html has no element with the id "root"')
}
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App path={window.location.pathname} />
    </ErrorBoundary>
  </StrictMode>,
)
