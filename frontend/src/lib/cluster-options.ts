/** What a cluster has to choose from: namespaces, storage classes, ingress classes. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client'
import type { ClusterOptions } from '../api/types'

export const clusterOptionsQuery = (id: string | null) => queryOptions({
  queryKey: ['cluster', id, 'options'],
  queryFn: ({ signal }) => api.get<ClusterOptions>(`clusters/${id}/options/`, { signal }),
  enabled: id !== null,
  staleTime: 60_000,
})
