/** Services and clusters as server state: the reads more than one feature needs. */
import { queryOptions, type QueryClient } from '@tanstack/react-query'
import { api } from '../api/client'
import type { Cluster, Operation, Page, Service, Stack } from '../api/types'
import { isActive } from './operations'
import { isRefused } from './query-client'

const busy = 2_500
const calm = 10_000

/** One service; read more often while something is being done to it. */
export const serviceQuery = (id: string) => queryOptions({
  queryKey: ['service', id],
  queryFn: ({ signal }) => api.get<Service>(`services/${id}/`, { signal }),
  refetchInterval: (query) => {
    const service = query.state.data
    if (isRefused(query)) return false
    return service && (isActive(service.operation) || service.health.verdict === 'progressing') ? busy : calm
  },
})

/** One stack with its services; read more often while something is being done to it. */
export const stackQuery = (id: string) => queryOptions({
  queryKey: ['stack', id],
  queryFn: ({ signal }) => api.get<Stack>(`stacks/${id}/`, { signal }),
  refetchInterval: (query) => {
    const stack = query.state.data
    return stack && (isActive(stack.operation) || stack.health.verdict === 'progressing') ? busy : calm
  },
})

/** Every cluster of an organization: there are few, and pickers need all. */
export const clustersQuery = (org: string) => queryOptions({
  queryKey: ['org', org, 'clusters'],
  queryFn: ({ signal }) => api.get<Page<Cluster>>(`organizations/${org}/clusters/`, { query: { limit: 200 }, signal }),
  refetchInterval: (query) =>
    query.state.data?.results.some((cluster) => cluster.state === 'registering' || cluster.state === 'removing') ? busy : calm,
})

/** One cluster. */
export const clusterQuery = (id: string) => queryOptions({
  queryKey: ['cluster', id],
  queryFn: ({ signal }) => api.get<Cluster>(`clusters/${id}/`, { signal }),
  refetchInterval: (query) => (isRefused(query) ? false : query.state.data && isActive(query.state.data.operation) ? busy : calm),
})

/** After an operation began or ended: what it touches is read again. */
export function refreshAround(queryClient: QueryClient, operation: Pick<Operation, 'subject'>): void {
  const { type, id } = operation.subject
  for (const part of ['services', 'stacks', 'clusters', 'overview', 'operations', 'audit']) {
    void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === 'org' && queryKey[2] === part })
  }
  if (type !== 'none') void queryClient.invalidateQueries({ queryKey: [type, id] })
}
