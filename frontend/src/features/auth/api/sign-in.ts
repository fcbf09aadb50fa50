/** Starts a session with email and password. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Session } from '../../../api/types'
import { sessionQuery } from '../../../lib/session'

export function useSignIn() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (credentials: { email: string; password: string }) => {
      await api.get<Session>('auth/session/')
      return api.post<Session>('auth/session/', credentials)
    },
    onSuccess: (session) => {
      queryClient.clear()
      queryClient.setQueryData(sessionQuery.queryKey, session)
    },
  })
}
