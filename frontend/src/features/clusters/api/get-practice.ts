/** How a practice cluster behaves. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { PracticeSettings } from '../../../api/types'

export const practiceQuery = (cluster: string) => queryOptions({
  queryKey: ['cluster', cluster, 'practice'],
  queryFn: ({ signal }) => api.get<PracticeSettings>(`clusters/${cluster}/practice/`, { signal }),
})
