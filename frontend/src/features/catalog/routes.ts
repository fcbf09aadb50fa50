/** /o/<org>/catalogue: what can I have. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'
import { readCatalogueSearch } from './rules/search'

export const catalogueRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/catalogue',
  validateSearch: readCatalogueSearch,
  component: lazyRouteComponent(() => import('./catalogue-page'), 'CataloguePage'),
})

export const catalogRoutes = [catalogueRoute] as const
