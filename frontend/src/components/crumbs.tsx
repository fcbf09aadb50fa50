/** The way back, shown in the top bar: each page says where it is. */
import { Link, type LinkProps } from '@tanstack/react-router'
import { Fragment, useLayoutEffect, useSyncExternalStore, type ReactElement } from 'react'
import { Icon } from './icon'

export interface Crumb {
  label: string
  /** Where it leads; the last crumb, the page itself, has none. */
  link?: Pick<LinkProps, 'to' | 'params' | 'search'>
}

let shown: Crumb[] = []
const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => { listeners.add(listener); return () => { listeners.delete(listener) } }

/** Puts the crumbs of this page into the top bar. */
export function useShowCrumbs(crumbs: Crumb[]): void {
  const key = JSON.stringify(crumbs)
  useLayoutEffect(() => {
    shown = JSON.parse(key) as Crumb[]
    listeners.forEach((each) => each())
  }, [key])
}

export function Crumbs(): ReactElement {
  const crumbs = useSyncExternalStore(subscribe, () => shown)
  return (
    <div className="crumbs">
      {crumbs.map((crumb, i) => (
        <Fragment key={crumb.label + i}>
          {i > 0 && <Icon name="right" />}
          {crumb.link ? <Link {...crumb.link}>{crumb.label}</Link> : <span aria-current="page">{crumb.label}</span>}
        </Fragment>
      ))}
    </div>
  )
}
