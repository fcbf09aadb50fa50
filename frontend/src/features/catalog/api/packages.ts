/** The packages that match a search, with counts by category. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { PackageList } from '../../../api/types'
import type { CatalogueSearch } from '../rules/search'

export const packagesQuery = (search: CatalogueSearch) => queryOptions({
  queryKey: ['packages', 'list', search],
  queryFn: ({ signal }) => api.get<PackageList>('catalog/packages/', { query: { sort: 'popular', limit: 200, ...search }, signal }),
  placeholderData: keepPreviousData,
  staleTime: 30_000,
})
