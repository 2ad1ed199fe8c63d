import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { Button } from '../../components/Button.tsx'
import css from './Chat.module.css'
import { texts } from './texts.ts'

const LONGEST = 8000

interface Props {
  /** A reply is being made: nothing can be said, but written. */
  isBusy: boolean
  isStopping: boolean
  /** Who has begun the conversation on the page before goes on writing here. */
  takesFocus: boolean
  onSay: (text: string) => void
  onStop: () => void
}

/** Where one writes. */
export function Composer({ isBusy, isStopping, takesFocus, onSay, onStop }: Props) {
  const [text, setText] = useState('')
  const id = useId()
  const input = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    // After the frame, which gives the focus to the new page as a whole.
    const timer = takesFocus ? setTimeout(() => input.current?.focus({ preventScroll: true })) : undefined
    return () => clearTimeout(timer)
  }, [takesFocus])
  const isEmpty = text.trim() === ''
  function send(event: FormEvent | KeyboardEvent): void {
    event.preventDefault()
    if (!isBusy && !isEmpty) {
      onSay(text.trim())
      setText('')
    }
  }
  return (
    <form className={css['composer']} onSubmit={send}>
      <label className="visually-hidden" htmlFor={id}>
        {texts.message}
      </label>
      <textarea
        id={id}
        ref={input}
        className={css['input']}
        rows={1}
        value={text}
        maxLength={LONGEST}
        placeholder={texts.placeholder}
        enterKeyHint="send"
        aria-describedby={`${id}-keys`}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          // While characters are composed, Enter is for them.
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            send(event)
          }
        }}
      />
      {isBusy ? (
        <Button busy={isStopping} onClick={onStop}>
          {isStopping ? texts.stopping : texts.stop}
        </Button>
      ) : (
        <Button type="submit" tone="primary" disabled={isEmpty}>
          {texts.send}
        </Button>
      )}
      <p className="visually-hidden" id={`${id}-keys`}>
        {texts.keys}
      </p>
    </form>
  )
}
