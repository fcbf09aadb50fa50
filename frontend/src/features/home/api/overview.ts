/** What needs the user, how many services have which verdict, and what happened last. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Overview } from '../../../api/types'

export const overviewQuery = (org: string) => queryOptions({
  queryKey: ['org', org, 'overview'],
  queryFn: ({ signal }) => api.get<Overview>(`organizations/${org}/overview/`, { signal }),
  refetchInterval: 10_000,
})
