/** What happened to a service: the cluster's words, changes of health, operations. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Page, ServiceEvent } from '../../../api/types'

export const eventsQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'events'],
  queryFn: async ({ signal }) => listOf(await api.get<Page<ServiceEvent> | ServiceEvent[]>(`services/${service}/events/`, { signal })),
  refetchInterval: 10_000,
})

const listOf = <T>(answer: Page<T> | T[]): T[] => (Array.isArray(answer) ? answer : answer.results)
