/** Goes back to an earlier revision. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useRollbackService(service: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: { revision: number }) => api.post<Operation>(`services/${service}/rollback/`, body),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
