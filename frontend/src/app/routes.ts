/** Every feature's routes, registered. A new feature adds its import and one entry in the list of its parent. */
import { createRoute, redirect } from '@tanstack/react-router'
import { NoOrganization } from './fallbacks'
import { accountRoutes } from '../features/account/routes'
import { activityRoutes } from '../features/activity/routes'
import { authRoutes } from '../features/auth/routes'
import { catalogRoutes } from '../features/catalog/routes'
import { clusterRoutes } from '../features/clusters/routes'
import { homeRoutes } from '../features/home/routes'
import { installRoutes } from '../features/install/routes'
import { operationRoutes } from '../features/operations/routes'
import { packageRoutes } from '../features/package/routes'
import { providerRoutes } from '../features/providers/routes'
import { serviceRoutes } from '../features/services/routes'
import { stackRoutes } from '../features/stacks/routes'
import { appRoute, orgRoute, providerRoute, rootRoute } from '../lib/parent-routes'

/** `/` goes to the user's first organization. */
const startRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  beforeLoad: ({ context }) => {
    const org = context.user.organizations[0]
    if (org) throw redirect({ to: '/o/$org', params: { org: org.slug } })
  },
  component: NoOrganization,
})

export const routeTree = rootRoute.addChildren([
  ...authRoutes,
  appRoute.addChildren([
    startRoute,
    orgRoute.addChildren([
      ...homeRoutes,
      ...serviceRoutes,
      ...stackRoutes,
      ...operationRoutes,
      ...clusterRoutes,
      ...activityRoutes,
      ...catalogRoutes,
      ...packageRoutes,
      ...installRoutes,
      ...accountRoutes,
    ]),
    providerRoute.addChildren([
      ...providerRoutes,
    ]),
  ]),
])
