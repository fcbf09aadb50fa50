/** /o/<org>/account: you, your tokens, and the people of the organization. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export const accountRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/account',
  component: lazyRouteComponent(() => import('./account-page'), 'AccountPage'),
})

export const accountRoutes = [accountRoute] as const
