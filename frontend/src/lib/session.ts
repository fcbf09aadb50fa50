/** Who is signed in, what the portal allows, and which organization the page is about. */
import { queryOptions, useSuspenseQuery, type QueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api } from '../api/client'
import type { Me, Role, Session } from '../api/types'

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => api.get<Session>('auth/session/', { signal }),
  staleTime: 60_000,
})

/** The session; there once a page below `appRoute` is shown. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data
}

/** The user of a page below `appRoute`. */
export function useMe(): Me {
  const { user } = useSession()
  if (!user) throw new Error('Nobody is signed in.')
  return user
}

/** The slug in the address, or the user's first organization on pages without one. */
export function useOrg(): string {
  const { org } = useParams({ strict: false }) as { org?: string }
  const me = useMe()
  return org ?? me.organizations[0]?.slug ?? ''
}

/** The user's role in the organization of the page; null when not a member. */
export function useRole(): Role | null {
  const org = useOrg()
  return useMe().organizations.find((each) => each.slug === org)?.role ?? null
}

/** True when the role may change things; viewers may only look. */
export function useMayChange(): boolean {
  const role = useRole()
  return role === 'owner' || role === 'member'
}

/** Forgets everything that belonged to the one who was signed in. */
export function forgetSession(queryClient: QueryClient): void {
  queryClient.clear()
}
