/** /o/<org>/catalogue/<package>: what is it. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export const packageRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/catalogue/$package',
  component: lazyRouteComponent(() => import('./package-page'), 'PackagePage'),
})

export const packageRoutes = [packageRoute] as const
