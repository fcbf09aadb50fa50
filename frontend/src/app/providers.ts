/** The providers the user looks after; the side bar shows their packages. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client'
import type { Page, Provider } from '../api/types'

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: async ({ signal }): Promise<Provider[]> => {
    const answer = await api.get<Page<Provider> | Provider[]>('providers/', { signal })
    return Array.isArray(answer) ? answer : answer.results
  },
  staleTime: 300_000,
})
