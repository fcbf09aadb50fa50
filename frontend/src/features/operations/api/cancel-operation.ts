/** Asks an operation to stop. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'

export function useCancelOperation(id: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => api.post<Operation>(`operations/${id}/cancel/`),
    onSuccess: (operation) => queryClient.setQueryData(['operation', id], operation),
  })
}
