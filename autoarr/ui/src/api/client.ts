import createFetchClient, { type Middleware } from 'openapi-fetch'
import createClient from 'openapi-react-query'
import { readProblem, unexpected, unreachable } from './problem.ts'
import type { paths } from './schema.d.ts'
import { accessToken } from './session.ts'

/** Sends `request` with the login's token, once more where that was refused. */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const token = await accessToken()
  const response = await attempt(request, token)
  if (response.status !== 401 || token === null) {
    return response
  }
  const renewed = await accessToken(token)
  return renewed === null ? response : await attempt(again, renewed)
}

async function attempt(request: Request, token: string | null): Promise<Response> {
  if (token !== null) {
    request.headers.set('Authorization', `Bearer ${token}`)
  }
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) {
      throw error
    }
    throw unreachable()
  }
}

const refuse: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) {
      throw await readProblem(response)
    }
    const type = response.headers.get('Content-Type') ?? ''
    if (response.status !== 204 && !/^application\/json\b/i.test(type)) {
      // Such as the login page of a proxy.
      throw unexpected(response.status)
    }
  },
}

/** The typed calls of the API: each gives `data`, or throws a `Problem`. */
export const client = createFetchClient<paths>({ baseUrl: window.location.origin, fetch: send })
client.use(refuse)

/** The same as hooks: `api.useQuery('get', '/api/v1/…')`. The key of a query is its method, path and parameters. */
export const api = createClient(client)

/** What is not JSON (a stream, a file), with the login's token. @throws Problem when it is refused */
export async function fetchRaw(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await send(new Request(new URL(path, window.location.origin), init))
  if (!response.ok) {
    throw await readProblem(response)
  }
  return response
}
