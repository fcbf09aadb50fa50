/** Gives a cluster another name. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Cluster } from '../../../api/types'

export function useRenameCluster(cluster: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => api.patch<Cluster>(`clusters/${cluster}/`, { name }),
    onSuccess: (renamed) => {
      queryClient.setQueryData(['cluster', cluster], renamed)
      return queryClient.invalidateQueries({ queryKey: ['org'] })
    },
  })
}
