/** What can be done with a service beside changing it: the list, and doing it. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation, Procedure } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export const proceduresQuery = (service: string) => queryOptions({
  queryKey: ['service', service, 'procedures'],
  queryFn: ({ signal }) => api.get<{ results: Procedure[] }>(`services/${service}/procedures/`, { signal }),
  staleTime: 60_000,
})

export function useRunProcedure(service: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => api.post<Operation>(`services/${service}/procedures/${name}/`),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
