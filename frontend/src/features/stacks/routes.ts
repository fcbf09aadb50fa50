/** /o/<org>/stacks/<id>: several services that were installed as one. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export const stackRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/stacks/$id',
  validateSearch: (search: Record<string, unknown>): { do?: 'uninstall' } => (search.do === 'uninstall' ? { do: search.do } : {}),
  component: lazyRouteComponent(() => import('./stack-page'), 'StackPage'),
})

export const stackRoutes = [stackRoute] as const
