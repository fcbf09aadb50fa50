/** The services of a namespace that another one can be bound to. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client'
import type { Bindable } from '../api/types'

export const bindableQuery = (org: string, cluster: string | null, namespace: string) => queryOptions({
  queryKey: ['bindable', org, cluster, namespace],
  queryFn: ({ signal }) => api.get<Bindable[]>(`organizations/${org}/services/bindable/?${new URLSearchParams({ cluster: cluster ?? '', namespace })}`, { signal }),
  enabled: cluster !== null && namespace !== '',
  staleTime: 15_000,
})
