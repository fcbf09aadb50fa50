/** Removes a cluster; `forget` lets go of the services on it too. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useRemoveCluster(cluster: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (forget: boolean) => api.delete<Operation>(`clusters/${cluster}/`, forget ? { forget: true } : undefined),
    // The cluster itself is on its way out: what the page still shows of it is not asked for again.
    onSuccess: async (operation) => {
      await queryClient.cancelQueries({ queryKey: ['cluster', cluster] })
      refreshAround(queryClient, { subject: { ...operation.subject, type: 'none' } })
    },
  })
}
