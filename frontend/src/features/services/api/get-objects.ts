/** What of a service is seen in the cluster. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { ServiceObjects } from '../../../api/types'

export const objectsQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'objects'],
  queryFn: ({ signal }) => api.get<ServiceObjects>(`services/${service}/objects/`, { signal }),
  refetchInterval: 5_000,
})
