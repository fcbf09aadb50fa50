/** A free name for a service of this package. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { NameCheck } from '../../../api/types'

export const suggestedNameQuery = (org: string, name: string) => queryOptions({
  queryKey: ['org', org, 'names', name],
  queryFn: async ({ signal }) => (await api.post<NameCheck>(`organizations/${org}/services/names/`, { package: name }, { signal })).suggested,
  staleTime: 60_000,
})
