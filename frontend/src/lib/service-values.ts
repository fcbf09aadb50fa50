/** The user's values and what they became; secrets are masked. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client'
import type { ServiceValues } from '../api/types'

export const serviceValuesQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'values'],
  queryFn: ({ signal }) => api.get<ServiceValues>(`services/${service}/values/`, { signal }),
})
