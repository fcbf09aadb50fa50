/** Tries the last failed operation of a service again. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useRetryService(service: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => api.post<Operation>(`services/${service}/retry/`),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
