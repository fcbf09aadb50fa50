/** Registers a cluster; the kubeconfig goes with this call and is kept nowhere else. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export interface NewCluster {
  name: string
  kubeconfig: string
  context?: string
  namespace?: string
  allow_insecure_tls?: boolean
}

export function useRegisterCluster(org: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ body, key }: { body: NewCluster; key: string }) =>
      api.post<Operation>(`organizations/${org}/clusters/`, body, { idempotencyKey: key }),
    onSuccess: (operation) => refreshAround(queryClient, operation),
    gcTime: 0,
  })
}
