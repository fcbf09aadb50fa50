/** /o/<org>/clusters, the dialog to connect one, and one cluster. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export const clustersRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/clusters',
  component: lazyRouteComponent(() => import('./clusters-page'), 'ClustersPage'),
})

export const newClusterRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/clusters/new',
  component: lazyRouteComponent(() => import('./clusters-page'), 'NewClusterPage'),
})

export const clusterRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/clusters/$id',
  validateSearch: (search: Record<string, unknown>): { do?: 'credential' | 'rename' | 'remove' } =>
    search.do === 'credential' || search.do === 'rename' || search.do === 'remove' ? { do: search.do } : {},
  component: lazyRouteComponent(() => import('./cluster-page'), 'ClusterPage'),
})

export const clusterRoutes = [clustersRoute, newClusterRoute, clusterRoute] as const
