/** Whether name and namespace can be used, checked as one types. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { NameCheck } from '../../../api/types'

export interface NameQuestion {
  package: string
  name?: string
  cluster?: string
  namespace?: string
}

export const nameCheckQuery = (org: string, question: NameQuestion) => queryOptions({
  queryKey: ['org', org, 'names', question],
  queryFn: ({ signal }) => api.post<NameCheck>(`organizations/${org}/services/names/`, question, { signal }),
  placeholderData: keepPreviousData,
  staleTime: 10_000,
})
