/** The last few operations of a service. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation, Page } from '../../../api/types'

export const recentOperationsQuery = (org: string, service: string) => queryOptions({
  queryKey: ['org', org, 'operations', 'recent', service],
  queryFn: ({ signal }) => api.get<Page<Operation>>(`organizations/${org}/operations/`, { query: { service, limit: 5 }, signal }),
})
