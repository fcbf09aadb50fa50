/** The packages of a provider with installs, health and failures. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Page, ProviderPackage } from '../../../api/types'

export const providerPackagesQuery = (provider: string) => queryOptions({
  queryKey: ['provider', provider, 'packages'],
  queryFn: async ({ signal }) => {
    const answer = await api.get<Page<ProviderPackage> | ProviderPackage[]>(`providers/${provider}/packages/`, { signal })
    return Array.isArray(answer) ? answer : answer.results
  },
  refetchInterval: 30_000,
})
