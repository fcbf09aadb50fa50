/** A list that does not re-sort under the pointer or the focus. */
import { useRef, useState, type FocusEvent } from 'react'

/** `wanted` in the order last shown: what is new goes last, what is gone leaves. */
export function keepOrder<T>(shown: string[], wanted: T[], keyOf: (item: T) => string): T[] {
  const byKey = new Map(wanted.map((item) => [keyOf(item), item]))
  const kept = shown.flatMap((key) => { const item = byKey.get(key); return item ? [item] : [] })
  const known = new Set(shown)
  return [...kept, ...wanted.filter((item) => !known.has(keyOf(item)))]
}

export interface StableOrder<T> {
  items: T[]
  /** How many stand elsewhere than they would; they move when asked, or when nobody is at the list. */
  waiting: number
  show: () => void
  /** To spread on the element around the list. */
  watch: { onPointerEnter: () => void; onPointerLeave: () => void; onFocus: () => void; onBlur: (event: FocusEvent) => void }
}

export function useStableOrder<T>(wanted: T[], keyOf: (item: T) => string): StableOrder<T> {
  const [held, setHeld] = useState(false)
  const [, redraw] = useState(0)
  const shown = useRef<string[]>([])
  const items = held ? keepOrder(shown.current, wanted, keyOf) : wanted
  shown.current = items.map(keyOf)
  const waiting = held ? items.filter((item, i) => wanted[i] !== item).length : 0
  return {
    items,
    waiting,
    show: () => { shown.current = wanted.map(keyOf); redraw((n) => n + 1) },
    watch: {
      onPointerEnter: () => setHeld(true),
      onPointerLeave: () => setHeld(false),
      onFocus: () => setHeld(true),
      onBlur: (event) => { if (!event.currentTarget.contains(event.relatedTarget)) setHeld(false) },
    },
  }
}
