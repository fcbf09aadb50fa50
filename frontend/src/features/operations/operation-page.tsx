/** One operation: live while it runs, then kept as it was. */
import '../../styles/ops.css'
import { Link, useParams } from '@tanstack/react-router'
import { useState, type ReactElement } from 'react'
import type { Operation, OperationEvent } from '../../api/types'
import { Button, ButtonLink } from '../../components/button'
import { ConfirmDialog } from '../../components/dialog'
import { PageHead } from '../../components/page'
import { ProblemPanel } from '../../components/problem-panel'
import { QueryView, SkeletonCard } from '../../components/states'
import { Moment } from '../../components/time'
import { OperationBadge } from '../../components/verdict'
import { useFollow } from '../../lib/follow'
import { isFinal, operationTitle } from '../../lib/operations'
import { useMayChange } from '../../lib/session'
import type { LineState } from '../../lib/sse'
import { useCancelOperation } from './api/cancel-operation'
import { useLiveOperation } from './api/live-operation'
import { useRetry } from './api/retry'
import { Cause, ClusterWords } from './components/cause'
import { OperationFacts } from './components/facts'
import { Log } from './components/log'
import { Steps } from './components/steps'

function Stop({ operation }: { operation: Operation }): ReactElement | null {
  const [asking, setAsking] = useState(false)
  const cancel = useCancelOperation(operation.id)
  const mayChange = useMayChange()
  if (isFinal(operation.state) || !mayChange) return null
  if (operation.state === 'cancelling') return <Button busy>Stopping</Button>
  return (
    <>
      <Button disabled={!operation.can_cancel} aria-describedby={operation.can_cancel ? undefined : 'no-stop'} onClick={() => setAsking(true)}>Stop</Button>
      {!operation.can_cancel && <span id="no-stop" className="small faint">This step cannot be stopped.</span>}
      <ConfirmDialog title="Stop this?" opened={asking} onClose={() => setAsking(false)} verb="Stop" keep="Go on" danger busy={cancel.isPending} problem={cancel.error}
        onConfirm={() => cancel.mutate(undefined, { onSuccess: () => setAsking(false) })}>
        <p>It stops at the next safe point. What was made so far stays in the cluster, and this page says what was left.</p>
      </ConfirmDialog>
    </>
  )
}

/** The link to what the operation is about. */
function SubjectLink({ operation, org }: { operation: Operation; org: string }): ReactElement | null {
  const { type, id, name } = operation.subject
  if (type === 'none') return null
  if (id === null || (type === 'cluster' && operation.kind === 'remove')) return <>{name}</>
  if (type === 'stack') return <Link to="/o/$org/stacks/$id" params={{ org, id }}>{name}</Link>
  return type === 'service'
    ? <Link to="/o/$org/services/$id" params={{ org, id }}>{name}</Link>
    : <Link to="/o/$org/clusters/$id" params={{ org, id }}>{name}</Link>
}

function Done({ operation, org }: { operation: Operation; org: string }): ReactElement | null {
  const { type, id } = operation.subject
  if (operation.state !== 'succeeded' || id === null) return null
  if (type === 'service' && operation.kind === 'install') return <ButtonLink look="main" to="/o/$org/services/$id/connect" params={{ org, id }}>Connect</ButtonLink>
  if (type === 'service' && operation.kind === 'uninstall') return <ButtonLink to="/o/$org/services" params={{ org }}>All services</ButtonLink>
  if (type === 'stack') return operation.kind === 'uninstall_stack' ? <ButtonLink to="/o/$org/services" params={{ org }}>All services</ButtonLink> : <ButtonLink look="main" to="/o/$org/stacks/$id" params={{ org, id }}>Open the stack</ButtonLink>
  if (type === 'service') return <ButtonLink look="main" to="/o/$org/services/$id" params={{ org, id }}>Open the service</ButtonLink>
  if (type === 'cluster' && operation.kind === 'remove') return <ButtonLink to="/o/$org/clusters" params={{ org }}>All clusters</ButtonLink>
  if (type === 'cluster') {
    return <ButtonLink look="main" to="/o/$org/clusters/$id" params={{ org, id }}>Open the cluster</ButtonLink>
  }
  return null
}

/** What a cancel left behind, and how to go on. */
function Stopped({ operation, org }: { operation: Operation; org: string }): ReactElement {
  const mayChange = useMayChange()
  const follow = useFollow(org)
  const id = operation.subject.id ?? ''
  const retry = useRetry(operation.subject)
  const problem = operation.error
  const { type } = operation.subject
  const goesOn = (type === 'service' || type === 'stack') && id !== '' && mayChange && !operation.kind.startsWith('uninstall')
  return (
    <section className="note v-suspended">
      <div className="grow stack" style={{ '--gap': 'var(--aw-2)' }}>
        <p><b>It was stopped</b></p>
        {problem?.detail && <p>{problem.detail}</p>}
        {problem?.kept && problem.kept !== problem.detail && <p><b>Kept:</b> {problem.kept}</p>}
        {goesOn && (
          <div className="row">
            <Button small busy={retry.isPending} onClick={() => follow(retry.mutateAsync())}>Try again</Button>
            <ButtonLink small look="quiet" to={type === 'stack' ? '/o/$org/stacks/$id' : '/o/$org/services/$id'} params={{ org, id }} search={{ do: 'uninstall' }}>Uninstall</ButtonLink>
          </div>
        )}
        {retry.error ? <ProblemPanel problem={retry.error} alert /> : null}
      </div>
    </section>
  )
}

function Ready({ operation, log, line, org }: { operation: Operation; log: OperationEvent[]; line: LineState; org: string }): ReactElement {
  const over = isFinal(operation.state)
  return (
    <>
      <PageHead
        title={operationTitle(operation)}
        crumbs={[{ label: 'Operations', link: { to: '/o/$org/operations', params: { org } } }]}
        acts={<><Stop operation={operation} /><Done operation={operation} org={org} /></>}
        lead={<>
          <OperationBadge state={operation.state} /> <SubjectLink operation={operation} org={org} />
          {operation.requested_by ? `, started by ${operation.requested_by}` : ', started by Anywhere'} <Moment at={operation.created_at} />
          {over ? '.' : '. You can leave this page: it goes on.'}
          {operation.parent && <> Part of <Link to="/o/$org/operations/$id" params={{ org, id: operation.parent }}>a larger operation</Link>.</>}
        </>}
      />
      {line === 'lost' && <p className="note v-unknown" role="status">Not live, trying again. What is shown is the last we know.</p>}
      <p className="vh" role="status">{operationTitle(operation)}</p>
      {operation.state === 'failed' ? <Cause operation={operation} org={org} /> : <OperationFacts operation={operation} />}
      {operation.state === 'cancelled' && <Stopped operation={operation} org={org} />}
      <section className="card" aria-labelledby="steps">
        <header><h2 id="steps">{operation.state === 'failed' ? 'How far it came' : 'Steps'}</h2>{line === 'live' && !over && <span className="faint small">live</span>}</header>
        {operation.steps.length > 0 ? <Steps operation={operation} org={org} /> : <p className="pad dim">The steps appear when a worker has taken it.</p>}
      </section>
      {operation.state === 'failed' && operation.error && <ClusterWords operation={operation} problem={operation.error} />}
      <Log events={log} live={!over} fileName={`operation-${operation.id}.log`} />
    </>
  )
}

export function OperationPage(): ReactElement {
  const { org, id } = useParams({ from: '/app/o/$org/operations/$id' })
  const { query, log, line } = useLiveOperation(id)
  return (
    <QueryView page query={query} what="the operation" skeleton={<><SkeletonCard lines={2} /><SkeletonCard lines={3} /><SkeletonCard lines={8} /></>}>
      {(operation) => <Ready operation={operation} log={log} line={line} org={org} />}
    </QueryView>
  )
}
