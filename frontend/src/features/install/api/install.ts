/** Asks for the install; answers the operation that does it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation, Values } from '../../../api/types'

export interface InstallRequest {
  package: string
  version: string
  plan: string
  name: string
  cluster: string
  namespace?: string
  values: Values
}

export function useInstall(org: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ request, key }: { request: InstallRequest; key: string }) =>
      api.post<Operation>(`organizations/${org}/services/`, request, { idempotencyKey: key }),
    onSuccess: () => {
      for (const part of ['services', 'overview', 'operations']) void queryClient.invalidateQueries({ queryKey: ['org', org, part] })
    },
  })
}
