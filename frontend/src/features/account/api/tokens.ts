/** The user's API tokens. A new one is shown once. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { ApiToken, NewApiToken, Page } from '../../../api/types'

export const tokensQuery = queryOptions({
  queryKey: ['account', 'tokens'],
  queryFn: async ({ signal }) => (await api.get<Page<ApiToken>>('account/tokens/', { query: { limit: 200 }, signal })).results,
})

export function useCreateToken() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (token: { name: string; expires_in_days?: number }) => api.post<NewApiToken>('account/tokens/', token),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
}

export function useRevokeToken() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.delete<void>(`account/tokens/${id}/`),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
}
