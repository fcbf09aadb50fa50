/** Uninstalls all services of a stack; the data is kept unless told otherwise with the name typed. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useUninstallStack(stack: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: { delete_data: boolean; confirm?: string }) => api.post<Operation>(`stacks/${stack}/uninstall/`, body),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
