/** Asks every cluster whether something fits, and waits for the answer. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, newIdempotencyKey, Problem } from '../api/client'
import type { Finding, Operation, PreflightResult, Values } from '../api/types'
import { isActive } from './operations'

export interface PreflightRequest {
  package: string
  version?: string
  plan?: string
  values?: Values
  name: string
  namespace?: string
  /** Members of a stack that are left out. */
  without?: string[]
  clusters?: string[]
}

const ofValues = new Set(['chart.invalid', 'chart.values_refused'])

/** The finding that refuses the values themselves: it says nothing of the cluster, which was not looked at. */
export const valuesRefusal = (findings: Finding[]): Finding | undefined =>
  findings.find((each) => each.level === 'error' && ofValues.has(each.code))

const pause = (ms: number, signal: AbortSignal) => new Promise<void>((resolve, reject) => {
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); reject(new DOMException('Aborted', 'AbortError')) }, { once: true })
})

/** The result of a question once its operation ended; a failed one is thrown as a problem. */
export async function waitForResult<T>(asked: Operation<T>, signal: AbortSignal): Promise<T> {
  let operation = asked
  for (let waited = 150; isActive(operation); waited = Math.min(waited * 1.5, 1500)) {
    await pause(waited, signal)
    operation = await api.get<Operation<T>>(`operations/${operation.id}/`, { signal })
  }
  if (operation.state === 'succeeded' && operation.result !== null) return operation.result
  const error = operation.error
  throw new Problem({
    status: 0, code: error?.code ?? 'operation.not_answered', title: error?.title ?? 'The check was not finished',
    detail: error?.detail ?? 'Try it again.', operation: operation.id,
  })
}

export const preflightQuery = (org: string, request: PreflightRequest | null) => queryOptions({
  queryKey: ['org', org, 'preflight', request],
  queryFn: async ({ signal }) => waitForResult(
    await api.post<Operation<PreflightResult>>(`organizations/${org}/preflight/`, request, { signal, idempotencyKey: newIdempotencyKey() }), signal),
  enabled: request !== null && request.name !== '',
  placeholderData: keepPreviousData,
  staleTime: 30_000,
  gcTime: 60_000,
  retry: false,
})
