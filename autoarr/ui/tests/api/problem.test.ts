import { describe, expect, it } from 'vitest'
import { asProblem, Problem, readProblem } from '../../src/api/problem.ts'
import { html, json, PROBLEM } from '../samples.ts'

describe('readProblem', () => {
  it('reads what the server says', async () => {
    const problem = await readProblem(json(PROBLEM, 503))
    expect(problem).toMatchObject({
      status: 503,
      title: 'Service Unavailable',
      message: 'The database is being migrated.',
    })
  })

  it('tells which fields are wrong, by their own names', async () => {
    const body = {
      title: 'Unprocessable Content',
      status: 422,
      errors: [{ location: ['body', 'name'], message: 'too long' }],
    }
    const problem = await readProblem(json(body, 422))
    expect([...problem.fields]).toEqual([['name', 'Too long']])
    expect(problem.message).toBe('Unprocessable Content')
  })

  it('reads when to come again', async () => {
    const response = new Response('{"title": "Too Many Requests"}', {
      status: 429,
      headers: { 'Retry-After': '30' },
    })
    expect((await readProblem(response)).retryAfterS).toBe(30)
  })

  it.each([
    ['a page', html(502)],
    ['JSON of another kind', json([1, 2], 500)],
    ['nothing', new Response(null, { status: 504 })],
  ])('says something where the answer is %s', async (_, response) => {
    const problem = await readProblem(response)
    expect(problem.title).toBe('Unexpected answer')
    expect(problem.message).toContain(`HTTP ${response.status}`)
  })
})

describe('asProblem', () => {
  it('keeps a problem, and makes one of anything else', () => {
    const problem = new Problem(409, 'Conflict', 'It changed.')
    expect(asProblem(problem)).toBe(problem)
    expect(asProblem(new TypeError('x is not a function')).message).toBe('x is not a function')
    expect(asProblem('odd').message).toBe('odd')
  })
})
