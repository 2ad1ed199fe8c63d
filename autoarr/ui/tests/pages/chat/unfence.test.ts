import { describe, expect, it } from 'vitest'
import { readPreview, unfence } from '../../../src/pages/chat/unfence.ts'

describe('unfence', () => {
  it('takes texts from outside out of their fences, wherever they are', () => {
    expect(unfence({ a: [{ untrusted: 'x' }], b: { untrusted: 'y', more: 1 }, c: null })).toEqual({
      a: ['x'],
      b: { untrusted: 'y', more: 1 },
      c: null,
    })
  })
})

describe('readPreview', () => {
  it('reads what would change, and what else there is to know', () => {
    const preview = readPreview({
      summary: 'Change it.',
      details: {
        finding: { id: '1', title: { untrusted: 'Imports' } },
        fields: [
          { field: { untrusted: 'enable' }, before: { untrusted: 'false' }, after: { untrusted: 'true' } },
        ],
        already: false,
        seasons: [1, 2],
        poster_url: { untrusted: 'https://image.invalid/x.jpg' },
        year: null,
      },
    })
    expect(preview).toEqual({
      summary: 'Change it.',
      fields: [{ field: 'enable', before: 'false', after: 'true' }],
      facts: [
        ['Title', 'Imports'],
        ['Already', 'no'],
        ['Seasons', '1, 2'],
      ],
    })
  })

  it('makes do with a preview without anything', () => {
    expect(readPreview({})).toEqual({ summary: '', fields: [], facts: [] })
  })
})
