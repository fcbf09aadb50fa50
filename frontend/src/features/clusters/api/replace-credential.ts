/** Gives a cluster a new credential; the kubeconfig is kept nowhere else. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useReplaceCredential(cluster: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: { kubeconfig: string; context?: string }) => api.post<Operation>(`clusters/${cluster}/credential/`, body),
    onSuccess: (operation) => refreshAround(queryClient, operation),
    gcTime: 0,
  })
}
