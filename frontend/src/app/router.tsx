/** The router: addresses to pages, with the shell around everything behind the sign-in. */
import type { QueryClient } from '@tanstack/react-query'
import { createRouter, type RouterHistory } from '@tanstack/react-router'
import { appRoute, rootRoute } from '../lib/parent-routes'
import { routeTree } from './routes'
import { NotFound, PageCrash } from './fallbacks'
import { Root } from './root'
import { Shell } from './shell'

rootRoute.update({ component: Root })
appRoute.update({ component: Shell })

export function buildRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    history,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultErrorComponent: PageCrash,
    defaultNotFoundComponent: NotFound,
  })
}

/** Sends who is no longer signed in to the sign-in, and back afterwards. */
export function askToSignIn(router: ReturnType<typeof buildRouter>, queryClient: QueryClient): void {
  const { pathname, href } = router.state.location
  if (pathname === '/sign-in') return
  queryClient.clear()
  void router.navigate({ to: '/sign-in', search: { next: href }, replace: true })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof buildRouter>
  }
}
