/** The parents every feature hangs its routes on; the shell is put around `appRoute` in src/app. */
import { createRootRouteWithContext, createRoute, redirect } from '@tanstack/react-router'
import type { QueryClient } from '@tanstack/react-query'
import { sessionQuery } from './session'

export interface RouterContext {
  queryClient: QueryClient
}

export const rootRoute = createRootRouteWithContext<RouterContext>()()

/** Everything for people who are signed in; others are sent to /sign-in and come back. */
export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery)
    if (!session.user) throw redirect({ to: '/sign-in', search: { next: location.href } })
    return { user: session.user }
  },
})

/** /o/<org>: the organization's slug is the param `org`. */
export const orgRoute = createRoute({ getParentRoute: () => appRoute, path: '/o/$org' })

/** /p/<provider>: the provider's slug is the param `provider`. */
export const providerRoute = createRoute({ getParentRoute: () => appRoute, path: '/p/$provider' })
