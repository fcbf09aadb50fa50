/** /o/<org>: home. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export const homeRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./home-page'), 'HomePage'),
})

export const homeRoutes = [homeRoute] as const
