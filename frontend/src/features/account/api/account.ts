/** Changes the user's own name and password. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Me } from '../../../api/types'
import { sessionQuery } from '../../../lib/session'

export function useRename() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => api.patch<Me>('account/', { name }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  })
}

export function useChangePassword() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (passwords: { current_password: string; new_password: string }) => api.post<unknown>('account/password/', passwords),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  })
}
