/** Looks at a cluster now instead of at the next turn. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useRefreshCluster(cluster: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => api.post<Operation>(`clusters/${cluster}/refresh/`),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
