/** Operations as server state: read again until they end; questions (preflight, plan) give their answer. */
import { queryOptions, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { api, Problem } from '../api/client'
import type { Operation } from '../api/types'
import { isFinal } from './operation-words'

/** One operation; polled while it is active, so a lost event line only makes it slower. */
export function operationQuery<Result = unknown>(id: string, everyMs = 3000) {
  return queryOptions({
    queryKey: ['operation', id],
    queryFn: ({ signal }) => api.get<Operation<Result>>(`operations/${id}/`, { signal }),
    refetchInterval: (query) => (query.state.data && isFinal(query.state.data.state) ? false : everyMs),
  })
}

/** The answer of a question asked by POST: loading until it ends, an error when it fails. */
export function questionQuery<Result>(key: readonly unknown[], ask: (signal: AbortSignal) => Promise<Operation<Result>>) {
  return queryOptions({
    queryKey: ['question', ...key],
    staleTime: 30_000,
    retry: false,
    queryFn: async ({ signal }) => answerOf(await ask(signal), signal),
  })
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); reject(new DOMException('Aborted', 'AbortError')) }, { once: true })
  })

/** Waits for a question to end and gives its result; throws its problem when it failed. */
export async function answerOf<Result>(asked: Operation<Result>, signal: AbortSignal): Promise<Result> {
  let operation = asked
  for (let wait = 250; !isFinal(operation.state); wait = Math.min(1000, wait * 1.5)) {
    await pause(wait, signal)
    operation = await api.get<Operation<Result>>(`operations/${operation.id}/`, { signal })
  }
  if (operation.state === 'succeeded' && operation.result !== null) return operation.result
  throw new Problem({
    status: 0,
    code: operation.error?.code ?? 'operation.no_answer',
    title: operation.error?.title ?? 'The check ended without an answer',
    detail: operation.error?.detail ?? 'Try again.',
    operation: operation.id,
  })
}

/** Hook for `questionQuery`. */
export function useQuestion<Result>(
  key: readonly unknown[],
  ask: (signal: AbortSignal) => Promise<Operation<Result>>,
  enabled = true,
): UseQueryResult<Result> {
  return useQuery({ ...questionQuery(key, ask), enabled })
}
