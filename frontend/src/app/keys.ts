/** Single keys go places; they are off while typing. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

const offKey = 'anywhere.single-keys-off'

/** Whether single keys do something; a choice kept in this browser. */
export function singleKeysOn(): boolean {
  try { return localStorage.getItem(offKey) === null } catch { return true }
}

/** Turns single keys on or off; Ctrl K always works. */
export function setSingleKeys(on: boolean): void {
  try {
    if (on) localStorage.removeItem(offKey)
    else localStorage.setItem(offKey, '1')
  } catch { /* without storage they stay on */ }
}

/** What opens the palette on this computer, as its keys are labelled. */
export const paletteKey = (platform: string = navigator.platform): string => (/Mac|iPhone|iPad/.test(platform) ? '⌘K' : 'Ctrl K')

export type KeyAction = 'home' | 'services' | 'catalogue' | 'clusters' | 'activity' | 'install' | 'palette' | 'keys' | 'search'

const afterG: Record<string, KeyAction> = { h: 'home', s: 'services', c: 'catalogue', k: 'clusters', a: 'activity' }

/** What a key does, given whether `g` came just before; null for nothing. */
export function keyAction(key: string, modified: boolean, typing: boolean, afterPrefix: boolean): KeyAction | 'prefix' | null {
  if (modified) return key.toLowerCase() === 'k' ? 'palette' : null
  if (typing) return null
  if (afterPrefix) return afterG[key] ?? null
  if (key === 'g') return 'prefix'
  if (key === 'i') return 'install'
  if (key === '?') return 'keys'
  if (key === '/') return 'search'
  return null
}

/** True when single keys belong to what has the focus. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) || target.closest('[role="dialog"]') !== null
}

const paths = { home: '/o/$org', services: '/o/$org/services', catalogue: '/o/$org/catalogue', clusters: '/o/$org/clusters', activity: '/o/$org/activity', install: '/o/$org/catalogue' } as const

/** Listens on the whole page. `/` moves the focus to the search field of the page. */
export function useKeys(org: string, open: { palette: () => void; keys: () => void }): void {
  const navigate = useNavigate()
  const handlers = useRef(open)
  handlers.current = open
  useEffect(() => {
    let prefixAt = 0
    const onKey = (event: KeyboardEvent) => {
      if (event.altKey || event.defaultPrevented) return
      const action = keyAction(event.key, event.metaKey || event.ctrlKey, isTyping(event.target) || !singleKeysOn(), Date.now() - prefixAt < 1200)
      prefixAt = action === 'prefix' ? Date.now() : 0
      if (action === null || action === 'prefix') return
      if (action === 'search') {
        const field = document.querySelector<HTMLInputElement>('main input[type="search"]')
        if (!field) return
        event.preventDefault()
        field.focus()
        return
      }
      event.preventDefault()
      if (action === 'palette') handlers.current.palette()
      else if (action === 'keys') handlers.current.keys()
      else if (org) void navigate({ to: paths[action], params: { org } })
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [navigate, org])
}
