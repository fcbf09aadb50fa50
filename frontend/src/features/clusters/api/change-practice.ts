/** Tells a practice cluster how to behave. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { PracticeSettings } from '../../../api/types'

export function useChangePractice(cluster: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (change: Partial<PracticeSettings>) => api.patch<PracticeSettings>(`clusters/${cluster}/practice/`, change),
    onSuccess: (settings) => queryClient.setQueryData(['cluster', cluster, 'practice'], settings),
  })
}
