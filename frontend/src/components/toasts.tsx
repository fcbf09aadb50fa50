/** Short news in the corner, with a way back for 10 s. */
import { useEffect, useSyncExternalStore, type ReactElement, type ReactNode } from 'react'
import { Button } from './button'
import { Icon } from './icon'

interface Toast {
  id: number
  text: ReactNode
  action?: { label: string; onClick: () => void }
}
let toasts: Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()
const change = (to: Toast[]) => { toasts = to; listeners.forEach((each) => each()) }
const subscribe = (listener: () => void) => { listeners.add(listener); return () => { listeners.delete(listener) } }

/** Shows a toast for 10 s. */
export function toast(text: ReactNode, action?: Toast['action']): void {
  change([...toasts.slice(-2), { id: nextId++, text, action }])
}
const dismiss = (id: number) => change(toasts.filter((each) => each.id !== id))

function ToastItem({ item }: { item: Toast }): ReactElement {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(item.id), 10_000)
    return () => clearTimeout(timer)
  }, [item.id])
  return (
    <div className="toast">
      <span className="grow">{item.text}</span>
      {item.action && <Button small look="quiet" onClick={() => { item.action?.onClick(); dismiss(item.id) }}>{item.action.label}</Button>}
      <button type="button" className="icon-btn" aria-label="Close" onClick={() => dismiss(item.id)}><Icon name="x" /></button>
    </div>
  )
}

export function Toasts(): ReactElement {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return <div className="toasts" role="status" aria-live="polite">{shown.map((item) => <ToastItem key={item.id} item={item} />)}</div>
}
