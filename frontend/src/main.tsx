/** Starts the app. */
import { MantineProvider } from '@mantine/core'
import '@mantine/core/styles/baseline.css'
import '@mantine/core/styles/default-css-variables.css'
import '@mantine/core/styles/global.css'
import './styles/tokens.css'
import './styles/ui.css'
import './styles/more.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { askToSignIn, buildRouter } from './app/router'
import { cssVariablesResolver, theme } from './app/theme'
import { createQueryClient } from './lib/query-client'

const queryClient = createQueryClient(() => askToSignIn(router, queryClient))
const router = buildRouter(queryClient)
// After an update of the portal an open page asks for parts that are gone: load the new ones, once a minute at most.
window.addEventListener('vite:preloadError', () => {
  const last = Number(sessionStorage.getItem('anywhere.reloaded') ?? 0)
  if (Date.now() - last < 60_000) return
  sessionStorage.setItem('anywhere.reloaded', String(Date.now()))
  window.location.reload()
})

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
