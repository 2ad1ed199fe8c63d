import { describe, expect, it } from 'vitest'
import {
  addMapping,
  asNew,
  asPatch,
  draftOf,
  emptyDraft,
  freeName,
  wayToTest,
} from '../../../src/pages/services/draft.ts'
import { SONARR } from './samples.ts'

describe('freeName', () => {
  it('numbers a kind that is there already, whatever its case', () => {
    expect(freeName('Sonarr', [])).toBe('Sonarr')
    expect(freeName('Sonarr', ['sonarr', 'Sonarr 2'])).toBe('Sonarr 3')
  })
})

describe('asNew', () => {
  it('sends neither spaces nor rows that were left empty', () => {
    const draft = { ...emptyDraft('plex', ' Plex '), url: ' http://plex:32400 ', key: ' token ' }
    const mappings = addMapping(addMapping([{ row: 4, remote: '/a', local: ' /b ' }]))
    expect(mappings.map(({ row }) => row)).toEqual([4, 5, 6])
    expect(asNew({ ...draft, mappings })).toEqual({
      kind: 'plex',
      name: 'Plex',
      url: 'http://plex:32400',
      api_key: 'token',
      tls_ca: null,
      tls_insecure: false,
      enabled: true,
      path_mappings: [{ remote: '/a', local: '/b' }],
    })
  })
})

describe('asPatch', () => {
  it('is empty where nothing was changed: the key above all is not sent', () => {
    expect(asPatch(draftOf(SONARR), SONARR)).toEqual({})
  })

  it('holds what was changed, and null for a certificate that was taken away', () => {
    const service = { ...SONARR, tls_ca: 'PEM\n' }
    const draft = { ...draftOf(service), ca: '', key: 'new', mappings: [] }
    expect(asPatch(draft, service)).toEqual({ api_key: 'new', tls_ca: null, path_mappings: [] })
  })
})

describe('wayToTest', () => {
  it('tests what is saved where nothing of the address was changed', () => {
    expect(wayToTest({ ...draftOf(SONARR), name: 'Another' }, SONARR)).toBe('saved')
  })

  it('needs the key for another address: the stored one is never sent there', () => {
    expect(wayToTest({ ...draftOf(SONARR), url: 'http://elsewhere:8989' }, SONARR)).toBe('needs_key')
    expect(wayToTest({ ...draftOf(SONARR), insecure: true }, SONARR)).toBe('needs_key')
    expect(wayToTest(emptyDraft('sonarr', 'Sonarr'), null)).toBe('needs_key')
  })

  it('tests what is entered with its key', () => {
    expect(wayToTest({ ...draftOf(SONARR), key: 'k' }, SONARR)).toBe('entered')
  })
})
