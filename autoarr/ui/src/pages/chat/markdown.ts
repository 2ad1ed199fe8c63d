/** A part of a line. */
export type Inline = { kind: 'text' | 'bold' | 'code'; text: string }

/** A part of a text. */
export type Block =
  | { kind: 'paragraph' | 'heading'; lines: Inline[][] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string }

const FENCE = /^\s*```/
const HEADING = /^#{1,6}\s+(.*)$/
const ITEM = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/
const INLINE = /(`[^`\n]+`|\*\*[^*\n]+\*\*)/

/** Reads the little of Markdown that is shown as such; all else is text, and never HTML. */
export function parseMarkdown(text: string): Block[] {
  const blocks: Block[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (FENCE.test(line)) {
      const end = lines.findIndex((one, other) => other > at && FENCE.test(one))
      const last = end === -1 ? lines.length : end
      blocks.push({ kind: 'code', text: lines.slice(at + 1, last).join('\n') })
      at = last
    } else {
      addLine(blocks, line, (lines[at - 1] ?? '').trim() === '')
    }
  }
  return blocks
}

/**
 * @param apart the line before is empty
 */
function addLine(blocks: Block[], line: string, apart: boolean): void {
  const before = blocks.at(-1)
  const heading = HEADING.exec(line)
  const item = ITEM.exec(line)
  if (line.trim() === '') {
    return
  }
  if (heading) {
    blocks.push({ kind: 'heading', lines: [parseInline(heading[1] ?? '')] })
  } else if (item) {
    const ordered = item[1] !== undefined
    const content = parseInline(item[2] ?? '')
    if (before?.kind === 'list' && before.ordered === ordered) {
      before.items.push(content)
    } else {
      blocks.push({ kind: 'list', ordered, items: [content] })
    }
  } else if (before?.kind === 'paragraph' && !apart) {
    before.lines.push(parseInline(line))
  } else if (before?.kind === 'list' && !apart) {
    before.items.at(-1)?.push({ kind: 'text', text: ' ' }, ...parseInline(line.trim()))
  } else {
    blocks.push({ kind: 'paragraph', lines: [parseInline(line)] })
  }
}

function parseInline(line: string): Inline[] {
  return line
    .split(INLINE)
    .filter((part) => part !== '')
    .map((part) => {
      if (INLINE.test(part) && part.startsWith('`')) {
        return { kind: 'code', text: part.slice(1, -1) }
      }
      return INLINE.test(part) ? { kind: 'bold', text: part.slice(2, -2) } : { kind: 'text', text: part }
    })
}
