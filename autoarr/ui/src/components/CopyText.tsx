import { useRef, useState } from 'react'
import { Button } from './Button.tsx'
import css from './CopyText.module.css'

interface Props {
  /** What the text is, for those who hear it and on the button. */
  label: string
  text: string
  /** Long lines are broken, where they have no structure of their own. */
  wrap?: boolean
}

const SAID = {
  copied: 'Copied.',
  // Browsers give pages the clipboard only over https and on localhost.
  selected: 'Selected: copy it with Ctrl+C, or by touch.',
} as const

/** A text to be taken elsewhere. */
export function CopyText({ label, text, wrap = false }: Props) {
  const shown = useRef<HTMLPreElement>(null)
  const [said, setSaid] = useState<keyof typeof SAID | null>(null)
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('copied')
    } catch {
      if (shown.current) {
        getSelection()?.selectAllChildren(shown.current)
      }
      setSaid('selected')
    }
  }
  return (
    <div className={css['copy']}>
      <section
        className={css['text']}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to get there
        tabIndex={0}
      >
        <pre ref={shown} className={wrap ? css['wrap'] : undefined}>
          {text}
        </pre>
      </section>
      <div className={css['under']}>
        <Button small onClick={() => void copy()} aria-label={`Copy ${label}`}>
          Copy
        </Button>
        <span className={css['said']} role="status">
          {said ? SAID[said] : ''}
        </span>
      </div>
    </div>
  )
}
