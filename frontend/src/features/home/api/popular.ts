/** A few packages to show to newcomers. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { PackageList } from '../../../api/types'

export const popularQuery = queryOptions({
  queryKey: ['packages', 'popular'],
  queryFn: async ({ signal }) => (await api.get<PackageList>('catalog/packages/', { query: { sort: 'popular', limit: 4 }, signal })).results.slice(0, 4),
  staleTime: 60_000,
})
