/** The nodes of a service as they say they are; asked again only while its package has nodes. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { ServiceNode } from '../../../api/types'

export const nodesQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'nodes'],
  queryFn: ({ signal }) => api.get<{ results: ServiceNode[] }>(`services/${service}/nodes/`, { signal }),
  refetchInterval: (query) => ((query.state.data?.results.length ?? 0) > 0 ? 20_000 : false),
  retry: false,
})
