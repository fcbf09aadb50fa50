/** How server state is kept: shown at once from the cache, fetched again when stale. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { Problem } from '../api/client'

/** Refusals are final; a lost line or a restart of the portal is tried again. */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (error instanceof Problem && error.status >= 400 && error.status < 500) return false
  return failures < 2
}

/** True when there is nothing to ask for again: the portal has refused and nothing is shown. */
export function isRefused({ state }: { state: { data: unknown; error: unknown } }): boolean {
  return state.data === undefined && state.error instanceof Problem && !shouldRetry(0, state.error)
}

/** True when the session has ended; a refused sign-in is something else. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Problem && error.status === 401 && error.code !== 'auth.invalid_credentials'
}

export function createQueryClient(onSignedOut: () => void = () => undefined): QueryClient {
  const onError = (error: unknown) => { if (isSignedOut(error)) onSignedOut() }
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { staleTime: 5_000, retry: shouldRetry, retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4000) },
      mutations: { retry: false },
    },
  })
}
