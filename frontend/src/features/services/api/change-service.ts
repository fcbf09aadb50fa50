/** Changes values, plan or version; `values` is the whole difference of the user, secrets left out are kept. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation, Values } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useChangeService(service: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: { values?: Values; plan?: string; version?: string }) => api.post<Operation>(`services/${service}/change/`, body),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
