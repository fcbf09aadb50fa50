/** The head of a page, its document title, and focus on `h1` after a move. */
import { useEffect, useRef, type ReactElement, type ReactNode } from 'react'
import { useShowCrumbs, type Crumb } from './crumbs'

/** Sets "<title> · Anywhere". */
export function useTitle(title: string): void {
  useEffect(() => { document.title = `${title} · Anywhere` }, [title])
}

/** The h1 alone: it names the document and the last crumb, and takes the focus after a move. */
export function PageHeading({ title, tab, crumbs = [] }: { title: ReactNode; tab?: string; crumbs?: Crumb[] }): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null)
  const name = tab ?? (typeof title === 'string' ? title : '')
  useTitle(name)
  useShowCrumbs([...crumbs, { label: name }])
  useEffect(() => { heading.current?.focus({ preventScroll: true }) }, [])
  return <h1 ref={heading} tabIndex={-1}>{title}</h1>
}

/** `title` is the h1; `tab` the document title when it differs; `crumbs` the places above this page. */
export function PageHead({ title, tab, crumbs, lead, tile, acts, children }: {
  title: ReactNode
  tab?: string
  crumbs?: Crumb[]
  lead?: ReactNode
  tile?: ReactNode
  acts?: ReactNode
  children?: ReactNode
}): ReactElement {
  return (
    <div className="head">
      {tile}
      <div className="txt">
        <PageHeading title={title} tab={tab} crumbs={crumbs} />
        {lead && <p className="dim">{lead}</p>}
        {children}
      </div>
      {acts && <div className="acts">{acts}</div>}
    </div>
  )
}

/** Tabs are links: the chosen one lives in the URL. Pass router Links with `activeProps={{ 'aria-current': 'page' }}`. */
export function Tabs({ label, children }: { label: string; children: ReactNode }): ReactElement {
  return <nav className="tabs" aria-label={label}>{children}</nav>
}
