import { useSyncExternalStore } from 'react'
import { Button } from './Button.tsx'
import css from './Toasts.module.css'
import { dismiss, getToasts, subscribe } from './toast.ts'

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, getToasts)
  return (
    <div className={css['toasts']} role="status">
      {shown.map(({ id, text, tone, undo }) => (
        <div key={id} className={`${css['toast']} ${css[tone]}`}>
          <span>{text}</span>
          {undo ? (
            <Button
              small
              onClick={() => {
                dismiss(id)
                undo.run()
              }}
            >
              {undo.label}
            </Button>
          ) : null}
          <Button small tone="quiet" onClick={() => dismiss(id)}>
            Dismiss
          </Button>
        </div>
      ))}
    </div>
  )
}
