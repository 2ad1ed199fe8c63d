import { describe, expect, it } from 'vitest'
import { readAbout } from '../../src/api/about.ts'
import { ABOUT } from '../samples.ts'

describe('readAbout', () => {
  it('reads a whole answer and ignores what it does not know', () => {
    expect(readAbout({ ...ABOUT, later: true })).toEqual({
      name: 'AutoArr',
      version: '0.1.0',
      revision: ABOUT.revision,
      created: ABOUT.created,
      python: '3.11.2',
      implementation: 'CPython',
      libc: { name: 'musl', version: '1.2.5' },
      platform: 'linux/amd64',
      database: 'sqlite',
      startedAt: ABOUT.started_at,
      uptimeS: 3600.5,
    })
  })

  it('lets be null what may be', () => {
    const about = readAbout({
      ...ABOUT,
      revision: null,
      created: null,
      libc: { name: 'unknown', version: null },
    })
    expect(about).toMatchObject({ revision: null, created: null, libc: { name: 'unknown', version: null } })
  })

  it.each(Object.keys(ABOUT))('refuses an answer without %s', (name) => {
    const { [name]: _, ...rest }: Record<string, unknown> = ABOUT
    expect(() => readAbout(rest)).toThrow(new RegExp(`^${name}: expected .*, got nothing$`))
  })

  it.each([
    [{ libc: { version: '1.2.5' } }, 'libc.name: expected "musl" or "glibc" or "unknown", got nothing'],
    [{ libc: { name: 'musl' } }, 'libc.version: expected text or null, got nothing'],
    [{ libc: { name: 'uclibc', version: null } }, 'libc.name: expected'],
    [{ database: 'mysql' }, 'database: expected "sqlite" or "postgresql", got "mysql"'],
    [{ created: 'today' }, 'created: expected a date and time or null, got "today"'],
    [{ started_at: null }, 'started_at: expected a date and time, got null'],
    [{ uptime_s: -1 }, 'uptime_s: expected a number that is not negative, got -1'],
    [{ version: 1 }, 'version: expected text, got 1'],
  ])('refuses %j', (wrong, message) => {
    expect(() => readAbout({ ...ABOUT, ...wrong })).toThrow(message)
  })

  it('refuses what is no object', () => {
    expect(() => readAbout('AutoArr')).toThrow('the answer: expected an object, got "AutoArr"')
  })
})
