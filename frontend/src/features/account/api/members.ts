/** The people of an organization and their roles. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../api/client'
import type { Member, Page, Role } from '../../../api/types'

export const membersQuery = (org: string) => queryOptions({
  queryKey: ['org', org, 'members'],
  queryFn: async ({ signal }) => (await api.get<Page<Member>>(`organizations/${org}/members/`, { query: { limit: 200 }, signal })).results,
})

export function useMembers(org: string) {
  const queryClient = useQueryClient()
  const done = { onSuccess: () => queryClient.invalidateQueries({ queryKey: membersQuery(org).queryKey }) }
  return {
    add: useMutation({ mutationFn: (member: { email: string; role: Role; name?: string; password?: string }) => api.post<Member>(`organizations/${org}/members/`, member), ...done }),
    setRole: useMutation({ mutationFn: ({ id, role }: { id: string; role: Role }) => api.patch<Member>(`organizations/${org}/members/${id}/`, { role }), ...done }),
    remove: useMutation({ mutationFn: (id: string) => api.delete<void>(`organizations/${org}/members/${id}/`), ...done }),
  }
}
