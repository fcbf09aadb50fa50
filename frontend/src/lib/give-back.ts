/** Gives the focus back to what had it before a dialog, whether the dialog closes or is unmounted with its question. */
import { useEffect, useRef } from 'react'

let chosenFrom: HTMLElement | null = null

/** The button of the menu that this item is in. */
function menuButton(item: Element): HTMLElement | null {
  return document.getElementById(item.closest('[role="menu"]')?.getAttribute('aria-labelledby') ?? '')
}

/** An item of a menu was chosen: it is gone when what it opens closes, the button of its menu is not. */
export function rememberMenu(item: Element): void {
  chosenFrom = menuButton(item)
}

/** What may have the focus back; a menu that has just closed has left it to nobody. */
function opener(): HTMLElement | null {
  const focused = document.activeElement
  const menu = chosenFrom
  chosenFrom = null
  if (!(focused instanceof HTMLElement) || focused === document.body) return menu
  return menuButton(focused) ?? focused
}

export function useGiveBack(opened: boolean): void {
  const before = useRef<HTMLElement | null>(null)
  const wasOpened = useRef(false)
  if (opened && !wasOpened.current) before.current = opener()
  wasOpened.current = opened
  useEffect(() => {
    if (!opened) return
    return () => {
      const to = before.current
      const last = document.activeElement
      // Later, so that a page that opens can take the focus for its heading first.
      setTimeout(() => {
        const now = document.activeElement
        if (to?.isConnected && (now === last || now === document.body)) to.focus()
      }, 0)
    }
  }, [opened])
}
