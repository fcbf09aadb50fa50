/** /p/<provider>/packages. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { providerRoute } from '../../lib/parent-routes'

export const packagesRoute = createRoute({
  getParentRoute: () => providerRoute,
  path: '/packages',
  component: lazyRouteComponent(() => import('./packages-page'), 'PackagesPage'),
})

export const providerRoutes = [packagesRoute] as const
