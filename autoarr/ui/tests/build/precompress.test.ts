// @vitest-environment node
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gzip, precompressDirectory } from '../../build/precompress.ts'

const COMPRESSIBLE = Buffer.from('const answer = 42\n'.repeat(100))
const NOISE = createHash('shake256', { outputLength: 2000 }).update('noise').digest()

describe('precompressDirectory', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'precompress-'))
    mkdirSync(join(directory, 'assets'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true })
  })

  const put = (name: string, content: Buffer) => writeFileSync(join(directory, name), content)
  const get = (name: string) => readFileSync(join(directory, name))

  it('puts the compressed file in the place of the other, with the same content', () => {
    put('assets/app.js', COMPRESSIBLE)
    precompressDirectory(directory)
    expect(readdirSync(join(directory, 'assets'))).toEqual(['app.js.gz'])
    expect(gunzipSync(get('assets/app.js.gz'))).toEqual(COMPRESSIBLE)
  })

  it('leaves small, already compressed and incompressible files alone', () => {
    put('small.js', COMPRESSIBLE.subarray(0, 1023))
    put('picture.png', COMPRESSIBLE)
    put('noise.txt', NOISE)
    precompressDirectory(directory)
    expect(readdirSync(directory).sort()).toEqual(['assets', 'noise.txt', 'picture.png', 'small.js'])
  })

  it('changes nothing the second time', () => {
    put('page.html', COMPRESSIBLE)
    precompressDirectory(directory)
    const before = get('page.html.gz')
    precompressDirectory(directory)
    expect(get('page.html.gz')).toEqual(before)
    expect(readdirSync(directory).sort()).toEqual(['assets', 'page.html.gz'])
  })
})

describe('gzip', () => {
  it('has a header without a time, a name or an operating system', () => {
    // RFC 1952: magic, deflate, no flags, no time (4 bytes), slowest, unknown system
    expect([...gzip(COMPRESSIBLE).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255])
  })
})
