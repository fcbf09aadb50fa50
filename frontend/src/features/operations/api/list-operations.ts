/** The operations of an organization, newest first, page after page. */
import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, nextPath } from '../../../api/client'
import type { Operation, Page } from '../../../api/types'
import { isActive } from '../../../lib/operations'

export interface OperationFilters {
  state?: string
  kind?: string
  service?: string
  cluster?: string
}

export const operationsQuery = (org: string, filters: OperationFilters) => infiniteQueryOptions({
  queryKey: ['org', org, 'operations', filters],
  queryFn: ({ pageParam, signal }) =>
    pageParam === null
      ? api.get<Page<Operation>>(`organizations/${org}/operations/`, { query: { ...filters }, signal })
      : api.get<Page<Operation>>(pageParam, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => nextPath(last.next),
  refetchInterval: (query) => (query.state.data?.pages.some((page) => page.results.some(isActive)) ? 3000 : 15_000),
})
