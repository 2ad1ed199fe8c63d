import type { ReactNode } from 'react'
import { useAction } from '../hooks/useAction.ts'
import { Button } from './Button.tsx'
import { Buttons, Dialog } from './Dialog.tsx'
import { Failure } from './Notice.tsx'

interface Props {
  title: string
  children: ReactNode
  /** What the button says that does it. */
  deed: string
  /** What the button says that leaves everything as it is. */
  keep: string
  tone?: 'primary' | 'danger'
  /** Does it. What it throws is shown, and the dialog stays. */
  run: () => Promise<void>
  onClose: () => void
}

/** Asks before something is done, and says what that is. */
export function Question({ title, children, deed, keep, tone = 'primary', run, onClose }: Props) {
  const { busy, problem, act } = useAction(async () => {
    await run()
    onClose()
  })
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {problem ? <Failure error={problem} /> : null}
      <Buttons>
        <Button onClick={onClose}>{keep}</Button>
        <Button tone={tone} busy={busy} onClick={() => act()}>
          {deed}
        </Button>
      </Buttons>
    </Dialog>
  )
}
