/** Asks for the install; answers the operation that does it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation, Values } from '../../../api/types'

/** What is installed is named by its kind: one service is of a package, several are of a stack. */
export type InstallRequest = ({ package: string } | { stack: string; without?: string[] }) & {
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
      api.post<Operation>(`organizations/${org}/${'stack' in request ? 'stacks' : 'services'}/`, request, { idempotencyKey: key }),
    onSuccess: () => {
      for (const part of ['services', 'stacks', 'overview', 'operations']) void queryClient.invalidateQueries({ queryKey: ['org', org, part] })
    },
  })
}
