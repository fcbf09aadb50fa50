/** How many clusters the organization has, up to one page. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Cluster, Page } from '../../../api/types'

export const clusterCountQuery = (org: string) => queryOptions({
  queryKey: ['org', org, 'clusters', 'count'],
  queryFn: async ({ signal }) => (await api.get<Page<Cluster>>(`organizations/${org}/clusters/`, { query: { limit: 1 }, signal })).results.length,
})
