import { Json } from '../../components/Json.tsx'
import css from './Chat.module.css'
import { ConfirmCard } from './ConfirmCard.tsx'
import type { Item } from './items.ts'
import { Markdown } from './Markdown.tsx'
import { nameTool, texts } from './texts.ts'
import { unfence } from './unfence.ts'

/** One thing that was said or done. */
export function ItemView({ item }: { item: Item }) {
  switch (item.kind) {
    case 'said':
      return (
        <>
          <span className="visually-hidden">{texts.you}: </span>
          <p className={css['bubble']}>{item.text}</p>
        </>
      )
    case 'reply':
      return (
        <>
          <span className="visually-hidden">{texts.assistant}: </span>
          <Markdown text={item.text} />
        </>
      )
    case 'tool':
      return <ToolCall call={item} />
    case 'confirmation':
      return <ConfirmCard confirmation={item.confirmation} />
    case 'note':
      return <p className={css['quiet']}>{item.text}</p>
  }
}

function ToolCall({ call: { name, given, result, ok } }: { call: Item & { kind: 'tool' } }) {
  const state = ok === undefined ? texts.calling : ok ? texts.called : texts.refused
  return (
    <details className={css['call']} data-state={ok === undefined ? 'calling' : ok ? 'done' : 'failed'}>
      <summary>
        {nameTool(name)} <span className={css['quiet']}>{state}</span>
      </summary>
      <div className={css['callInside']}>
        <p className={css['quiet']}>{texts.given}</p>
        <Json label={texts.given} value={given} />
        {result === undefined ? null : (
          <>
            <p className={css['quiet']}>{texts.gave}</p>
            <Json label={texts.gave} value={unfence(result)} />
          </>
        )}
      </div>
    </details>
  )
}
