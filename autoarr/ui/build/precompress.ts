import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const COMPRESSIBLE = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt'])

/** Bytes below which a response fits in one packet either way. */
const SMALLEST = 1024

/** Where a gzip header names the operating system (RFC 1952), and the value for "unknown". */
const GZIP_OS = 9
const GZIP_OS_UNKNOWN = 255

/** Gzips at the highest level. The bytes depend on the content alone: no time, no name, no operating system. */
export function gzip(content: Uint8Array): Uint8Array {
  const compressed = gzipSync(content, { level: constants.Z_BEST_COMPRESSION })
  compressed[GZIP_OS] = GZIP_OS_UNKNOWN
  return compressed
}

/** Puts a `.gz` in the place of every compressible file below `directory` that gets smaller by it: the server unpacks
 * it for the few clients that want it so. */
export function precompressDirectory(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSIBLE.has(extname(entry.name))) {
      continue
    }
    const path = join(entry.parentPath, entry.name)
    const content = readFileSync(path)
    if (content.byteLength < SMALLEST) {
      continue
    }
    const compressed = gzip(content)
    if (compressed.byteLength < content.byteLength) {
      writeFileSync(`${path}.gz`, compressed)
      rmSync(path)
    }
  }
}

/** Precompresses what the build wrote. */
export function precompress(): Plugin {
  let directory: string
  return {
    name: 'autoarr:precompress',
    apply: 'build',
    configResolved: (config) => {
      directory = join(config.root, config.build.outDir)
    },
    // Not writeBundle: the files of public/ and the licences are there only now.
    closeBundle: {
      order: 'post',
      handler: (error?: Error) => {
        if (error === undefined) {
          precompressDirectory(directory)
        }
      },
    },
  }
}
