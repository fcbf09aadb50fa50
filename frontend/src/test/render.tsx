/** Renders the whole app at an address, as a browser would show it. */
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router'
import { render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { askToSignIn, buildRouter } from '../app/router'
import { createQueryClient } from '../lib/query-client'

export function renderAt(address: string) {
  const queryClient = createQueryClient(() => askToSignIn(router, queryClient))
  queryClient.setDefaultOptions({ queries: { retry: false, staleTime: 0 } })
  const history = createMemoryHistory({ initialEntries: [address] })
  const router = buildRouter(queryClient, history)
  const user = userEvent.setup()
  const view = render(
    <MantineProvider env="test">
      <QueryClientProvider client={queryClient}><RouterProvider router={router} /></QueryClientProvider>
    </MantineProvider>,
  )
  return { ...view, user, router, path: () => router.state.location.pathname, search: () => router.state.location.search }
}
