/** Where a service is reached; credentials are never in it. A load balancer's address may come late, so it is read again. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Connection } from '../../../api/types'

export const connectionQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'connection'],
  queryFn: ({ signal }) => api.get<Connection>(`services/${service}/connect/`, { signal }),
  refetchInterval: 5_000,
})
