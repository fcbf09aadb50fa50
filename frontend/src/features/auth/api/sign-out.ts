/** Ends the session. */
import { useMutation } from '@tanstack/react-query'
import { api } from '../../../api/client'

export function useSignOut() {
  return useMutation({ mutationFn: () => api.delete<void>('auth/session/') })
}
