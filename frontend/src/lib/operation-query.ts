/** One operation as server state. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client'
import type { Operation } from '../api/types'
import { isFinal } from './operations'
import { isRefused } from './query-client'

/** Polled while it is active, so a lost event line only makes it slower. */
export const operationQuery = (id: string) => queryOptions({
  queryKey: ['operation', id],
  queryFn: ({ signal }) => api.get<Operation>(`operations/${id}/`, { signal }),
  refetchInterval: (query) => ((query.state.data && isFinal(query.state.data.state)) || isRefused(query) ? false : 3000),
})
