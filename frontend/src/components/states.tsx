/** The four states of every view: loading, error, empty, ready. */
import { useEffect, useState, type CSSProperties, type ReactElement, type ReactNode } from 'react'
import type { UseQueryResult } from '@tanstack/react-query'
import { useLastError } from '../lib/last-error'
import { useIsSlow } from '../lib/use-is-slow'
import { ProblemPanel } from './problem-panel'
import { Button } from './button'

/** A grey bar in the shape of what comes. */
export function Skeleton({ width = '100%', height }: { width?: string; height?: string }): ReactElement {
  return <div className="skel" style={{ width, height } as CSSProperties} />
}

/** A card of grey lines. */
export function SkeletonCard({ lines = 4 }: { lines?: number }): ReactElement {
  return (
    <div className="card"><div className="pad stack">
      {Array.from({ length: lines }, (_, i) => <Skeleton key={i} width={`${90 - ((i * 17) % 45)}%`} />)}
    </div></div>
  )
}

/** Shows its children after 200 ms; after 8 s says what is slow and offers to try again. */
export function Loading({ what, onRetry, children }: { what: string; onRetry?: () => void; children: ReactNode }): ReactElement {
  const [shown, setShown] = useState(false)
  const slow = useIsSlow(true)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div role="group" aria-busy="true" aria-label={`Loading ${what}`} className="stack loading" data-shown={shown}>
      {slow && (
        <div className="note" role="status"><p className="grow">Loading {what} takes longer than usual.</p>{onRetry && <Button small onClick={onRetry}>Try again</Button>}</div>
      )}
      {children}
    </div>
  )
}

/** What would be here, why it is not, one button. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }): ReactElement {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <p className="dim">{children}</p>}
      {action && <div className="row">{action}</div>}
    </div>
  )
}

/**
 * Switches on a query: skeleton, problem, empty, ready. Cached data is shown even when a refetch fails.
 * `isEmpty` decides when `empty` is shown instead of the children.
 */
export function QueryView<T>({ query, what, skeleton, isEmpty, empty, page, children }: {
  query: UseQueryResult<T>
  what: string
  skeleton?: ReactNode
  isEmpty?: (data: T) => boolean
  empty?: ReactNode
  /** The view is the whole page: a problem takes the place of its heading. */
  page?: boolean
  children: (data: T) => ReactNode
}): ReactElement {
  const error = useLastError(query)
  if (query.data !== undefined) {
    if (isEmpty?.(query.data)) return <>{empty}</>
    return <>{children(query.data)}</>
  }
  if (error) return <ProblemPanel problem={error} page={page} onRetry={() => void query.refetch()} />
  return <Loading what={what} onRetry={() => void query.refetch()}>{skeleton ?? <SkeletonCard />}</Loading>
}
