import { describe, expect, it } from 'vitest'
import { parseMarkdown } from '../../../src/pages/chat/markdown.ts'

function text(value: string) {
  return { kind: 'text', text: value }
}

describe('parseMarkdown', () => {
  it('reads paragraphs and their lines', () => {
    expect(parseMarkdown('one\ntwo\n\nthree')).toEqual([
      { kind: 'paragraph', lines: [[text('one')], [text('two')]] },
      { kind: 'paragraph', lines: [[text('three')]] },
    ])
  })

  it('reads lists of both kinds', () => {
    expect(parseMarkdown('So:\n- a\n- b\n1. c')).toEqual([
      { kind: 'paragraph', lines: [[text('So:')]] },
      { kind: 'list', ordered: false, items: [[text('a')], [text('b')]] },
      { kind: 'list', ordered: true, items: [[text('c')]] },
    ])
  })

  it('reads bold and code, and code that has not ended yet', () => {
    expect(parseMarkdown('**a** `b**`')).toEqual([
      {
        kind: 'paragraph',
        lines: [[{ kind: 'bold', text: 'a' }, text(' '), { kind: 'code', text: 'b**' }]],
      },
    ])
    expect(parseMarkdown('```sh\n- ls\n')).toEqual([{ kind: 'code', text: '- ls\n' }])
  })

  it('takes HTML and links for text', () => {
    const html = '<img src=x onerror=alert(1)> [a](javascript:b)'
    expect(parseMarkdown(html)).toEqual([{ kind: 'paragraph', lines: [[text(html)]] }])
  })

  it('leaves what only looks like it', () => {
    expect(parseMarkdown('2 * 3 ** 4 `')).toEqual([{ kind: 'paragraph', lines: [[text('2 * 3 ** 4 `')]] }])
  })
})
