/** The revisions of a service, newest first. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Page, Revision } from '../../../api/types'

export const historyQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'history'],
  queryFn: async ({ signal }) => listOf(await api.get<Page<Revision> | Revision[]>(`services/${service}/history/`, { signal })),
})

const listOf = <T>(answer: Page<T> | T[]): T[] => (Array.isArray(answer) ? answer : answer.results)
