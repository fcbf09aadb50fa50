/** Before every test: a fake API that refuses what no test declared, and the parts of a browser jsdom lacks. */
import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { server } from './server'

configure({ asyncUtilTimeout: 10000 })

class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

beforeAll(() => {
  server.listen({ onUnhandledFrame: 'error' })
  vi.stubGlobal('ResizeObserver', NoObserver)
  window.matchMedia = (query: string) => ({
    matches: false, media: query, onchange: null,
    addListener: () => undefined, removeListener: () => undefined,
    addEventListener: () => undefined, removeEventListener: () => undefined, dispatchEvent: () => false,
  })
  window.scrollTo = () => undefined
  HTMLCanvasElement.prototype.getContext = () => null
  Element.prototype.scrollIntoView = () => undefined
})
afterEach(() => { cleanup(); server.resetHandlers(); localStorage.clear(); sessionStorage.clear() })
afterAll(() => server.close())
