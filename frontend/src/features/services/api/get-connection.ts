/** Where a service is reached; credentials are never in it. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Connection } from '../../../api/types'

export const connectionQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'connection'],
  queryFn: ({ signal }) => api.get<Connection>(`services/${service}/connect/`, { signal }),
})
