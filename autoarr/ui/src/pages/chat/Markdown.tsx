// biome-ignore-all lint/suspicious/noArrayIndexKey: nothing of a text is known by anything but its place
import { Fragment } from 'react'
import css from './Chat.module.css'
import { type Block, type Inline, parseMarkdown } from './markdown.ts'

/** A model's text: paragraphs, lists, code, bold; anything else as it was written. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className={css['text']}>
      {parseMarkdown(text).map((block, at) => (
        <Part key={at} block={block} />
      ))}
    </div>
  )
}

function Part({ block }: { block: Block }) {
  switch (block.kind) {
    case 'code':
      return <pre className={css['code']}>{block.text}</pre>
    case 'list': {
      const items = block.items.map((item, at) => (
        <li key={at}>
          <Line parts={item} />
        </li>
      ))
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>
    }
    case 'heading':
    case 'paragraph':
      return (
        <p className={block.kind === 'heading' ? css['heading'] : undefined}>
          {block.lines.map((line, at) => (
            <Fragment key={at}>
              {at > 0 ? <br /> : null}
              <Line parts={line} />
            </Fragment>
          ))}
        </p>
      )
  }
}

function Line({ parts }: { parts: readonly Inline[] }) {
  return parts.map((part, at) => <Word key={at} part={part} />)
}

function Word({ part: { kind, text } }: { part: Inline }) {
  switch (kind) {
    case 'bold':
      return <strong>{text}</strong>
    case 'code':
      return <code>{text}</code>
    case 'text':
      return text
  }
}
