/** A package and the form of one of its versions. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client'
import type { Package, PackageForm } from '../api/types'

export const packageQuery = (name: string, version?: string) => queryOptions({
  queryKey: ['packages', 'one', name, version ?? ''],
  queryFn: ({ signal }) => api.get<Package>(`catalog/packages/${encodeURIComponent(name)}/`, { query: { version }, signal }),
  staleTime: 60_000,
})

export const packageFormQuery = (name: string, version: string) => queryOptions({
  queryKey: ['packages', 'form', name, version],
  queryFn: ({ signal }) => api.get<PackageForm>(`catalog/packages/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/form/`, { signal }),
  staleTime: Infinity,
})
