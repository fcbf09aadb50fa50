/** /o/<org>/operations and one operation. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

const word = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

export const operationsRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/operations',
  validateSearch: (search: Record<string, unknown>): { state?: string; kind?: string } => ({ state: word(search.state), kind: word(search.kind) }),
  component: lazyRouteComponent(() => import('./operations-page'), 'OperationsPage'),
})

export const operationRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/operations/$id',
  component: lazyRouteComponent(() => import('./operation-page'), 'OperationPage'),
})

export const operationRoutes = [operationsRoute, operationRoute] as const
