/** /o/<org>/activity. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export const activityRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/activity',
  component: lazyRouteComponent(() => import('./activity-page'), 'ActivityPage'),
})

export const activityRoutes = [activityRoute] as const
