/** Gives the focus back to what had it when a dialog that is unmounted with its question goes away. */
import { useEffect, useRef } from 'react'

export function useGiveBack(opened: boolean): void {
  const before = useRef<HTMLElement | null>(null)
  if (opened && before.current === null && document.activeElement instanceof HTMLElement) before.current = document.activeElement
  useEffect(() => () => {
    const opener = before.current
    // Later, so that a page that opens can take the focus for its heading first.
    setTimeout(() => { if (opener?.isConnected && document.activeElement === document.body) opener.focus() }, 0)
  }, [])
}
