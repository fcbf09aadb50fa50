/** The fake API of the tests: `answer` declares what one address says, for one test. */
import { http, HttpResponse, type JsonBodyType } from 'msw'
import { setupServer } from 'msw/node'
import type { Session } from '../api/types'

export const session: Session = {
  user: { id: 'u1', email: 'mira@tern.example', name: 'Mira Koch', is_staff: false, organizations: [{ slug: 'tern', name: 'Tern Logistics', role: 'owner' }] },
  csrf_token: 'csrf',
  features: { loopback_clusters: true, insecure_tls: false, practice: true },
}

const page = (results: JsonBodyType[]) => ({ results, next: null, previous: null })

/** What the shell asks for on every page. */
const always = [
  http.get('*/api/v1/auth/session/', () => HttpResponse.json(session as unknown as JsonBodyType)),
  http.get('*/api/v1/providers/', () => HttpResponse.json(page([]))),
  http.get('*/api/v1/organizations/tern/overview/', () => HttpResponse.json({
    needs_attention: [], recent: [], counts: { healthy: 0, progressing: 0, degraded: 0, failed: 0, suspended: 0, unknown: 0 },
  })),
]
export const server = setupServer(...always)

export interface Call {
  url: URL
  body: unknown
  headers: Headers
}

/** Makes `method path` answer; gives back the calls it got. `path` starts after /api/v1/. */
export function answer(method: 'get' | 'post' | 'patch' | 'delete', path: string, body: unknown, status = 200): Call[] {
  const calls: Call[] = []
  server.use(http[method](`*/api/v1/${path}`, async ({ request }) => {
    const text = await request.text()
    calls.push({ url: new URL(request.url), body: text ? JSON.parse(text) : null, headers: request.headers })
    if (status === 204) return new HttpResponse(null, { status })
    const type = status >= 400 ? 'application/problem+json' : 'application/json'
    return new HttpResponse(JSON.stringify(typeof body === 'function' ? (body as (call: Call) => unknown)(calls.at(-1) as Call) : body), { status, headers: { 'Content-Type': type } })
  }))
  return calls
}

/** A page of results as lists answer it. */
export const listOf = (results: unknown[]) => ({ results, next: null, previous: null })

/** Problem details. */
export const problem = (code: string, title: string, detail: string, fields?: Record<string, string[]>) => ({ type: `/docs/errors#${code}`, code, title, detail, fields })
