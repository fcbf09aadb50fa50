/** Asks what a change would do, before anything is touched, and waits for the answer. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation, PlanResult, Values } from '../../../api/types'
import { waitForResult } from '../../../lib/preflight'

export interface PlanRequest {
  values?: Values
  plan?: string
  version?: string
  revision?: number
  replicas?: number
  component?: string
}

/** `request` may hold a secret that was just typed: the answer is forgotten as soon as it is not shown. */
export const planQuery = (service: string, request: PlanRequest | null) => queryOptions({
  queryKey: ['plan', service, request],
  queryFn: async ({ signal }) =>
    waitForResult(await api.post<Operation<PlanResult>>(`services/${service}/plan/`, request ?? {}, { signal }), signal),
  enabled: request !== null,
  retry: false,
  staleTime: Infinity,
  gcTime: 0,
  refetchOnWindowFocus: false,
})
