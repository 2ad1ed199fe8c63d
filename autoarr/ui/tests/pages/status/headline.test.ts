import { describe, expect, it } from 'vitest'
import type { Readiness } from '../../../src/api/readiness.ts'
import { headline } from '../../../src/pages/status/headline.ts'
import { NOTHING_YET, type Observation, STALE_AFTER_MS } from '../../../src/pages/status/observation.ts'

const PASSED = { name: 'database', ok: true, latencyMs: 1, detail: null }
const FAILED = { name: 'database', ok: false, latencyMs: null, detail: 'locked' }

const known = (value: Partial<Readiness>): Observation<Readiness> => ({
  last: { value: { ready: false, reason: null, checks: [], ...value }, at: 0 },
  failure: null,
  checkedAt: 0,
})
const READY = known({ ready: true, checks: [PASSED] })

describe('headline', () => {
  it.each<[string, Observation<Readiness>, number, [string, string, string]]>([
    ['nothing yet', NOTHING_YET, 0, ['checking', 'Checking', 'Waiting for the first answer.']],
    ['ready', READY, 0, ['ready', 'Ready', 'Every check passed.']],
    [
      'ready once',
      READY,
      STALE_AFTER_MS + 1,
      ['checking', 'Out of date', 'The last answer is too old to count.'],
    ],
    [
      'ready before it was unreachable',
      { ...READY, failure: { kind: 'unreachable', message: 'gone' } },
      0,
      ['unknown', 'Unreachable', 'gone'],
    ],
    [
      'a broken answer',
      { ...NOTHING_YET, failure: { kind: 'broken', message: 'HTML' } },
      0,
      ['unknown', 'Unexpected answer', 'HTML'],
    ],
    [
      'a failed check',
      known({ checks: [PASSED, FAILED] }),
      0,
      ['not-ready', 'Not ready', 'database: locked'],
    ],
    [
      'two failed checks',
      known({ checks: [FAILED, { ...FAILED, name: 'redis', detail: null }] }),
      0,
      ['not-ready', 'Not ready', 'database: locked; redis: failed without a reason'],
    ],
    ['a problem', known({ reason: 'migrating' }), 0, ['not-ready', 'Not ready', 'migrating']],
    ['no reason at all', known({}), 0, ['not-ready', 'Not ready', 'The server gives no reason.']],
  ])('%s', (_, observation, now, [tone, title, explanation]) => {
    expect(headline(observation, now)).toEqual({ tone, title, explanation })
  })
})
