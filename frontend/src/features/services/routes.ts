/** /o/<org>/services and the pages of one service. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'
import type { ServiceFilters } from '../../lib/services'

const word = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

export const servicesRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/services',
  validateSearch: (search: Record<string, unknown>): ServiceFilters => ({
    q: word(search.q),
    verdict: word(search.verdict),
    cluster: word(search.cluster),
    package: word(search.package),
    state: search.state === 'uninstalled' ? 'uninstalled' : undefined,
  }),
  component: lazyRouteComponent(() => import('./services-page'), 'ServicesPage'),
})

export const serviceRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/services/$id',
  validateSearch: (search: Record<string, unknown>): { do?: 'uninstall' | 'change'; run?: string } => ({
    ...(search.do === 'uninstall' || search.do === 'change' ? { do: search.do } : {}),
    ...(typeof search.run === 'string' && search.run !== '' ? { run: search.run } : {}),
  }),
  component: lazyRouteComponent(() => import('./service-layout'), 'ServiceLayout'),
})
const overviewRoute = createRoute({
  getParentRoute: () => serviceRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./overview-page'), 'OverviewPage'),
})
const connectRoute = createRoute({
  getParentRoute: () => serviceRoute,
  path: '/connect',
  component: lazyRouteComponent(() => import('./connect-page'), 'ConnectPage'),
})
const eventsRoute = createRoute({
  getParentRoute: () => serviceRoute,
  path: '/events',
  component: lazyRouteComponent(() => import('./events-page'), 'EventsPage'),
})
const valuesRoute = createRoute({
  getParentRoute: () => serviceRoute,
  path: '/values',
  component: lazyRouteComponent(() => import('./values-page'), 'ValuesPage'),
})
const historyRoute = createRoute({
  getParentRoute: () => serviceRoute,
  path: '/history',
  component: lazyRouteComponent(() => import('./history-page'), 'HistoryPage'),
})

export const serviceRoutes = [
  servicesRoute,
  serviceRoute.addChildren([overviewRoute, connectRoute, eventsRoute, valuesRoute, historyRoute]),
] as const
