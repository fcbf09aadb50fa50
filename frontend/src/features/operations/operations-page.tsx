/** Every operation of the organization, newest first. */
import '../../styles/ops.css'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Operation } from '../../api/types'
import { Button, ButtonLink } from '../../components/button'
import { PageHead } from '../../components/page'
import { ProblemPanel } from '../../components/problem-panel'
import { Empty, Loading, SkeletonCard } from '../../components/states'
import { Ago, Duration } from '../../components/time'
import { OperationBadge } from '../../components/verdict'
import { useLastError } from '../../lib/last-error'
import { doingSentence, isFinal, operationWord } from '../../lib/operations'
import { operationsQuery } from './api/list-operations'

const filters = [
  { state: undefined, label: 'All' },
  { state: 'running', label: 'Running' },
  { state: 'failed', label: 'Failed' },
  { state: 'succeeded', label: 'Done' },
  { state: 'cancelled', label: 'Cancelled' },
]

function Row({ operation, org }: { operation: Operation; org: string }): ReactElement {
  const over = isFinal(operation.state)
  return (
    <tr>
      <td><div className="who"><span className="t">
        <Link to="/o/$org/operations/$id" params={{ org, id: operation.id }}>{operationWord(operation)} {operation.subject.name}</Link>
        <small>{operation.requested_by ?? 'Anywhere'}</small>
      </span></div></td>
      <td><OperationBadge state={operation.state} /><div className="small dim">{over ? operation.error?.title ?? '' : doingSentence(operation)}</div></td>
      <td data-l="Took" className="num">{operation.started_at ? <Duration from={operation.started_at} to={operation.finished_at} /> : '–'}</td>
      <td data-l="Started" className="right"><Ago at={operation.created_at} /></td>
    </tr>
  )
}

export function OperationsPage(): ReactElement {
  const { org } = useParams({ from: '/app/o/$org/operations' })
  const search = useSearch({ from: '/app/o/$org/operations' })
  const navigate = useNavigate()
  const query = useInfiniteQuery(operationsQuery(org, search))
  const error = useLastError(query)
  const rows = query.data?.pages.flatMap((page) => page.results) ?? []
  const choose = (state: string | undefined) => void navigate({ to: '/o/$org/operations', params: { org }, search: { ...search, state } })
  return (
    <>
      <PageHead title="Operations" lead="Everything Anywhere did or is doing to your services and clusters, kept as it was." />
      <div className="chips line" role="group" aria-label="State">
        {filters.map((filter) => <button key={filter.label} type="button" className="chip" aria-pressed={search.state === filter.state} onClick={() => choose(filter.state)}>{filter.label}</button>)}
      </div>
      {error !== null && !query.data && <ProblemPanel problem={error} onRetry={() => void query.refetch()} />}
      {query.isPending && error === null && <Loading what="operations" onRetry={() => void query.refetch()}><SkeletonCard lines={8} /></Loading>}
      {query.data && rows.length === 0 && (
        search.state || search.kind
          ? <section className="card"><div className="pad"><Empty title="No operation matches" action={<Button onClick={() => void navigate({ to: '/o/$org/operations', params: { org }, search: {} })}>Clear filters</Button>}>Nothing of this kind has happened here.</Empty></div></section>
          : <section className="card"><div className="pad"><Empty title="Nothing has been done yet" action={<ButtonLink look="main" to="/o/$org/catalogue" params={{ org }}>Open the catalogue</ButtonLink>}>Installing a service or connecting a cluster is an operation: its steps, times and log are kept here.</Empty></div></section>
      )}
      {rows.length > 0 && (
        <section className="card">
          <table className="flat">
            <thead><tr><th>Operation</th><th>State</th><th>Took</th><th className="right">Started</th></tr></thead>
            <tbody>{rows.map((operation) => <Row key={operation.id} operation={operation} org={org} />)}</tbody>
          </table>
          {query.hasNextPage && <div className="pad"><Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show earlier ones</Button></div>}
        </section>
      )}
    </>
  )
}
