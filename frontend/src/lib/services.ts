/** The list of services, asked for the same way by every page that shows it. */
import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, nextPath } from '../api/client'
import type { Page, Service } from '../api/types'

export interface ServiceFilters {
  q?: string
  cluster?: string
  package?: string
  verdict?: string
  state?: 'present' | 'uninstalled'
}

export const servicesQuery = (org: string, filters: ServiceFilters = {}) => infiniteQueryOptions({
  queryKey: ['org', org, 'services', filters],
  queryFn: ({ pageParam, signal }) =>
    pageParam
      ? api.get<Page<Service>>(pageParam, { signal })
      : api.get<Page<Service>>(`organizations/${org}/services/`, { query: { ...filters }, signal }),
  initialPageParam: '',
  getNextPageParam: (last) => nextPath(last.next) ?? undefined,
  refetchInterval: 5_000,
})
