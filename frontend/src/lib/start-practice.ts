/** Makes a practice cluster; answers the operation that does it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../api/client'
import type { Operation } from '../api/types'

export function useStartPractice(org: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (name?: string) => api.post<Operation>(`organizations/${org}/clusters/practice/`, name ? { name } : {}),
    onSuccess: () => { void queryClient.invalidateQueries({ queryKey: ['org', org] }) },
  })
}
