/** The one door to the API: session cookie, CSRF token, problem details, idempotency keys. */
import type { ProblemDetails } from './types'

const base = '/api/v1/'

/** An answer the API refused with, or the lack of one. `fields` are messages by dotted path. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly fields: Record<string, string[]>
  readonly operation: string | null
  /** The whole answer, for what only some codes carry. */
  readonly more: Record<string, unknown>

  constructor(details: ProblemDetails, more: Record<string, unknown> = {}) {
    super(details.title)
    this.name = 'Problem'
    this.status = details.status
    this.code = details.code
    this.title = details.title
    this.detail = details.detail
    this.fields = details.fields ?? {}
    this.operation = details.operation ?? null
    this.more = more
  }
}

type QueryValue = string | number | boolean | null | undefined
export interface CallOptions {
  query?: Record<string, QueryValue>
  body?: unknown
  signal?: AbortSignal
  /** Same key, same click: keep one until the form is changed. */
  idempotencyKey?: string
}

/** A fresh key for one intent of the user. */
export function newIdempotencyKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}

/** The API address of `path` with its query; empty values are left out. */
export function apiUrl(path: string, query: Record<string, QueryValue> = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value))
  }
  const text = search.toString()
  return base + path.replace(/^\//, '') + (text ? `?${text}` : '')
}

function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? ''
}

async function toProblem(response: Response): Promise<Problem> {
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('json')) {
    const body = (await response.json().catch(() => null)) as Partial<ProblemDetails> | null
    if (body && typeof body.code === 'string') {
      return new Problem({
        title: body.title || body.detail || 'The request was refused',
        detail: body.detail ?? '',
        code: body.code,
        status: response.status,
        fields: body.fields,
        operation: body.operation,
      }, body as Record<string, unknown>)
    }
  }
  const ours = response.status >= 500
  return new Problem({
    status: response.status,
    code: ours ? 'portal.unavailable' : 'portal.unexpected_answer',
    title: ours ? 'Anywhere did not answer as it should' : 'The request was refused',
    detail: `The server answered with status ${response.status}. ${ours ? 'Your services keep running.' : ''}`.trim(),
  })
}

/** How often an answer that is still being worked out is asked for again, and how long is waited between. */
const patience = { times: 20, ms: 500 }

/** One request. The same request sent twice, as by an impatient click, waits for the answer of the first. */
async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const sent = method === 'POST' ? { ...options, idempotencyKey: options.idempotencyKey ?? newIdempotencyKey() } : options
  for (let asked = 1; ; asked += 1) {
    try {
      return await callOnce<T>(method, path, sent)
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'idempotency.in_flight' || asked === patience.times) throw error
      await new Promise((resolve) => setTimeout(resolve, patience.ms))
      sent.signal?.throwIfAborted()
    }
  }
}

async function callOnce<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['X-CSRFToken'] = csrfToken()
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey
  let response: Response
  try {
    response = await fetch(apiUrl(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem({
      status: 0,
      code: 'portal.unreachable',
      title: 'Anywhere cannot be reached',
      detail: 'The browser got no answer. Check the network; your services keep running.',
    })
  }
  if (!response.ok) throw await toProblem(response)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

export const api = {
  get: <T>(path: string, options?: CallOptions) => call<T>('GET', path, options),
  post: <T>(path: string, body: unknown = {}, options?: CallOptions) => call<T>('POST', path, { ...options, body }),
  patch: <T>(path: string, body: unknown, options?: CallOptions) => call<T>('PATCH', path, { ...options, body }),
  delete: <T>(path: string, body?: unknown, options?: CallOptions) => call<T>('DELETE', path, { ...options, body }),
}

/** A Problem from whatever was thrown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem({
    status: 0,
    code: 'portal.browser_error',
    title: 'This page stopped working',
    detail: error instanceof Error ? error.message : String(error),
  })
}

/** The path of a list's next page, as `api.get` takes it; null at the end. */
export function nextPath(next: string | null): string | null {
  if (!next) return null
  const url = new URL(next, window.location.origin)
  return url.pathname.replace(/^\/api\/v1\//, '') + url.search
}
