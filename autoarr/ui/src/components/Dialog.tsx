import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Button } from './Button.tsx'
import css from './Dialog.module.css'

interface Props {
  title: string
  /** Called when it is to be closed: by Escape, by the button, or by a click beside it. */
  onClose: () => void
  children: ReactNode
  wide?: boolean
  /** A click beside it doesn't close it: something in it would be lost. */
  firm?: boolean
}

/** What has the focus at first, where there is such a thing. */
const FIRST = '[data-first], form :is(input, select, textarea)'

/**
 * A modal dialog, open as long as it is rendered. The browser's own element keeps the focus inside, makes the rest
 * inert, and gives the focus back.
 */
export function Dialog({ title, onClose, children, wide = false, firm = false }: Props) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    // Not the button that closes it, which comes first.
    dialog?.querySelector<HTMLElement>(FIRST)?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus()
      } else {
        // What it was opened from is gone, as a removed row is.
        document.getElementById('main')?.focus({ preventScroll: true })
      }
    }
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has Escape, which the element handles
    <dialog
      ref={ref}
      className={`${css['dialog']} ${wide ? css['wide'] : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === ref.current && !firm) {
          onClose()
        }
      }}
    >
      <div className={css['inside']}>
        <div className={css['head']}>
          <h2 id={id}>{title}</h2>
          <Button tone="quiet" small onClick={onClose} aria-label="Close">
            <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
              <path d="m6 6 12 12M18 6 6 18" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
            </svg>
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  )
}

/** The buttons at the end of a dialog or a form. */
export function Buttons({ children }: { children: ReactNode }) {
  return <div className={css['buttons']}>{children}</div>
}
