/** What the pickers of the form offer: the cluster's storage classes, ingress classes and namespaces. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { ClusterOptions } from '../../../api/types'

export const clusterOptionsQuery = (cluster: string) => queryOptions({
  queryKey: ['cluster', cluster, 'options'],
  queryFn: ({ signal }) => api.get<ClusterOptions>(`clusters/${cluster}/options/`, { signal }),
  staleTime: 60_000,
})
