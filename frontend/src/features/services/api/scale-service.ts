/** Changes how many of a component there are. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Operation } from '../../../api/types'
import { refreshAround } from '../../../lib/subjects'

export function useScaleService(service: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: { component: string; replicas: number }) => api.post<Operation>(`services/${service}/scale/`, body),
    onSuccess: (operation) => refreshAround(queryClient, operation),
  })
}
