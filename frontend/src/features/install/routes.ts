/** /o/<org>/catalogue/<package>/install: give it to me. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { orgRoute } from '../../lib/parent-routes'

export interface InstallSearch {
  plan?: string
  cluster?: string
  name?: string
  namespace?: string
  /** The uninstalled service or stack that is installed again: its values are taken over. */
  from?: string
}

const keys = ['plan', 'cluster', 'name', 'namespace', 'from'] as const

export const installRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: '/catalogue/$package/install',
  validateSearch: (search: Record<string, unknown>): InstallSearch =>
    Object.fromEntries(keys.flatMap((key) => (typeof search[key] === 'string' && search[key] !== '' ? [[key, search[key]]] : []))),
  component: lazyRouteComponent(() => import('./install-page'), 'InstallPage'),
})

export const installRoutes = [installRoute] as const
