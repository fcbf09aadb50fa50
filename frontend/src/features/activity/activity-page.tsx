/** Activity: who did what, when, to what. */
import '../../styles/ops.css'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { AuditEntry } from '../../api/types'
import { Button } from '../../components/button'
import { Icon } from '../../components/icon'
import { PageHead } from '../../components/page'
import { ProblemPanel } from '../../components/problem-panel'
import { Empty, Loading, SkeletonCard } from '../../components/states'
import { useNow } from '../../components/time'
import { clock, fullTime } from '../../lib/format'
import { useLastError } from '../../lib/last-error'
import { auditQuery } from './api/list-audit'
import { actionIcon, actionWords, actorName, byDay, dayTitle, detailWords, operationOf } from './rules/sentence'

function Subject({ entry, org }: { entry: AuditEntry; org: string }): ReactElement {
  const { type, id, name } = entry.subject
  if (id === null) return <b>{name}</b>
  if (type === 'service') return <Link to="/o/$org/services/$id" params={{ org, id }}>{name}</Link>
  if (type === 'cluster') return <Link to="/o/$org/clusters/$id" params={{ org, id }}>{name}</Link>
  if (type === 'operation') return <Link to="/o/$org/operations/$id" params={{ org, id }}>{name || 'an operation'}</Link>
  return <b>{name}</b>
}

export function ActivityPage(): ReactElement {
  const { org } = useParams({ from: '/app/o/$org/activity' })
  const now = useNow()
  const query = useInfiniteQuery(auditQuery(org))
  const error = useLastError(query)
  const entries = query.data?.pages.flatMap((page) => page.results) ?? []
  return (
    <>
      <PageHead title="Activity" lead="Who did what, when, to which service or cluster. Secrets are never written here." />
      {error !== null && !query.data && <ProblemPanel problem={error} onRetry={() => void query.refetch()} />}
      {query.isPending && error === null && <Loading what="the activity" onRetry={() => void query.refetch()}><SkeletonCard lines={8} /></Loading>}
      {query.data && entries.length === 0 && <section className="card"><Empty title="Nothing happened yet">Everything people ask of Anywhere is written here: installs, changes, looks at credentials.</Empty></section>}
      {byDay(entries).map((day) => (
        <section className="card" key={day.key} aria-label={dayTitle(day.key, now)}>
          <header><h2>{dayTitle(day.key, now)}</h2></header>
          <div className="pad"><ol className="time">
            {day.entries.map((entry) => (
              <li key={entry.id}>
                <time dateTime={entry.at} title={fullTime(entry.at)}>{clock(entry.at).slice(0, 5)}</time>
                <Icon name={actionIcon(entry.action)} />
                <div className="break"><b>{actorName(entry)}</b> {actionWords(entry.action)} <Subject entry={entry} org={org} />{detailWords(entry.detail) && <span className="dim"> {detailWords(entry.detail)}</span>}{operationOf(entry.detail) && <> <Link className="small" to="/o/$org/operations/$id" params={{ org, id: operationOf(entry.detail) ?? '' }}>operation</Link></>}</div>
              </li>
            ))}
          </ol></div>
        </section>
      ))}
      {query.hasNextPage && <div><Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show earlier</Button></div>}
    </>
  )
}
