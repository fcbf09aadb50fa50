/** /o/<org>/catalogue/<package>/install: give it to me. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export interface InstallSearch {
  plan?: string
  cluster?: string
}

export const installRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/catalogue/$package/install',
  validateSearch: (search: Record<string, unknown>): InstallSearch => ({
    ...(typeof search.plan === 'string' ? { plan: search.plan } : {}),
    ...(typeof search.cluster === 'string' ? { cluster: search.cluster } : {}),
  }),
  component: lazyRouteComponent(() => import('./install-page'), 'InstallPage'),
})

export const installRoutes = [installRoute] as const
