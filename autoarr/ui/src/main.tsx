import './styles.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import { applyTheme } from './theme.ts'

const root = document.getElementById('root')
if (root === null) {
  throw new Error('index.html has no element with the id "root"')
}
applyTheme()
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary frame={(said) => <main className="bare">{said}</main>}>
      <App />
    </ErrorBoundary>
  </StrictMode>,
)
