import { Component, type ReactNode } from 'react'

interface State {
  error: Error | null
}

/** Shows what failed in place of a page that can't be drawn. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(thrown: unknown): State {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }

  override componentDidCatch(): void {
    document.title = 'Page failed · AutoArr'
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) {
      return this.props.children
    }
    return (
      <main className="page">
        <section className="card" role="alert">
          <h1>This page failed</h1>
          <p>The page has a fault. It says nothing about whether AutoArr itself is ready.</p>
          <p>
            <code>
              {error.name}: {error.message}
            </code>
          </p>
          <p>
            <a href="/">Load it again</a>
          </p>
        </section>
      </main>
    )
  }
}
