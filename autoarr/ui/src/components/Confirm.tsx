import type { ReactNode } from 'react'
import { useAction } from '../hooks/useAction.ts'
import { Button } from './Button.tsx'
import { Buttons, Dialog } from './Dialog.tsx'
import { Failure } from './Notice.tsx'

interface Props {
  title: string
  /** What it does: what is lost, or can't be undone. */
  children: ReactNode
  /** What the button says that does it: the deed, not "OK". */
  deed: string
  /** What the button says that leaves everything as it is. */
  keep?: string
  /** `primary` for what is no loss. */
  tone?: 'primary' | 'danger'
  /** Does it. What it throws is shown, and the dialog stays. */
  run: () => Promise<void>
  onClose: () => void
}

/** Asks before something is done that has no undo, or is done elsewhere. */
export function Confirm({ title, children, deed, keep = 'Cancel', tone = 'danger', run, onClose }: Props) {
  const { busy, problem, act } = useAction(async () => {
    await run()
    onClose()
  })
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {problem ? <Failure error={problem} /> : null}
      <Buttons>
        <Button data-first onClick={onClose}>
          {keep}
        </Button>
        <Button tone={tone} busy={busy} onClick={() => act()}>
          {deed}
        </Button>
      </Buttons>
    </Dialog>
  )
}
