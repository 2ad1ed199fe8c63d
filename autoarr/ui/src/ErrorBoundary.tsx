import { Component, type ReactNode } from 'react'
import { Notice } from './components/Notice.tsx'
import { UnloadedError } from './lazily.ts'
import { Unloaded } from './Unloaded.tsx'

interface Props {
  /** What the message stands in, where it is not in a page's place. */
  frame?: (said: ReactNode) => ReactNode
  children: ReactNode
}

interface State {
  error: Error | null
}

/** Shows what failed in place of a page that can't be drawn. */
export class ErrorBoundary extends Component<Props, State> {
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
    const { frame } = this.props
    const said =
      error instanceof UnloadedError ? <Unloaded patient={frame !== undefined} /> : <Fault error={error} />
    return frame ? frame(said) : said
  }
}

function Fault({ error }: { error: Error }) {
  return (
    <>
      <h1>This page failed</h1>
      <Notice tone="bad" title={`${error.name}: ${error.message}`} urgent>
        <p>The page has a fault. It says nothing about whether AutoArr itself is ready.</p>
        <p>
          <a href={window.location.href}>Load it again</a>
        </p>
      </Notice>
    </>
  )
}
