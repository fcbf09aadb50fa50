/** Uninstalls; the data is kept unless told otherwise with the name typed. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useUninstallService(service: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: { delete_data: boolean; confirm?: string; force?: boolean }) => api.post<Operation>(`services/${service}/uninstall/`, body),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
