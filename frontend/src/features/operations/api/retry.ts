/** Tries the last failed operation of a service or a stack again. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useRetry({ type, id }: Pick<Operation['subject'], 'type' | 'id'>) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => api.post<Operation>(`${type === 'stack' ? 'stacks' : 'services'}/${id ?? ''}/retry/`),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
