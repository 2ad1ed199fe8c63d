import { Combobox, ComboboxItem, ComboboxList, ComboboxProvider } from '@ariakit/react/combobox'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { client } from '../api/client.ts'
import { asProblem } from '../api/problem.ts'
import { logOut, type Me } from '../api/session.ts'
import { Dialog } from '../components/Dialog.tsx'
import { toast } from '../components/toast.ts'
import css from './CommandPalette.module.css'
import { placesFor } from './navigation.ts'

interface Command {
  name: string
  /** The keys that do the same. */
  keys?: string
  run: () => void
}

async function startAudit(): Promise<void> {
  try {
    await client.POST('/api/v1/audits', { body: {} })
    toast('The audit has begun.')
  } catch (error) {
    toast(asProblem(error).message, { tone: 'bad' })
  }
}

/** Everything that can be gone to or done, found by a few letters. */
export default function CommandPalette({ me, onClose }: { me: Me; onClose: () => void }) {
  const [, navigate] = useLocation()
  const [typed, setTyped] = useState('')
  const commands: Command[] = [
    ...placesFor(me).map(({ href, name, key }) => ({
      name: `Go to ${name}`,
      keys: `g ${key}`,
      run: () => navigate(href),
    })),
    ...(me.role === 'admin'
      ? [
          { name: 'Start an audit', run: () => void startAudit() },
          { name: 'Add a service', run: () => navigate('/services?add') },
        ]
      : []),
    { name: 'Ask for a film or a series', run: () => navigate('/requests?ask') },
    { name: 'Server status', run: () => navigate('/status') },
    { name: 'Log out', run: () => void logOut() },
  ]
  const words = typed.toLowerCase().split(/\s+/)
  const found = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  return (
    <Dialog title="Go to or do" onClose={onClose}>
      <ComboboxProvider open setValue={setTyped} focusLoop={false}>
        <Combobox
          autoSelect="always"
          className={css['input']}
          placeholder="Type a few letters"
          aria-label="Command"
          autoFocus
        />
        <ComboboxList className={css['list']} alwaysVisible aria-label="Commands">
          {found.map(({ name, keys, run }) => (
            <ComboboxItem
              key={name}
              className={css['item']}
              hideOnClick={false}
              setValueOnClick={false}
              onClick={() => {
                onClose()
                run()
              }}
            >
              {name}
              {keys ? <kbd>{keys}</kbd> : null}
            </ComboboxItem>
          ))}
        </ComboboxList>
        {found.length === 0 ? <p>Nothing is called that.</p> : null}
      </ComboboxProvider>
    </Dialog>
  )
}
