/** Why an operation failed, what was kept, and the ways out, best first. */
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Operation, OperationProblem, WayOut } from '../../../api/types'
import { Button, ButtonLink } from '../../../components/button'
import { CopyButton } from '../../../components/copy-button'
import { Icon, VerdictIcon } from '../../../components/icon'
import { ProblemPanel } from '../../../components/problem-panel'
import { useFollow } from '../../../lib/follow'
import { whoseSentence } from '../../../lib/operations'
import { useMayChange } from '../../../lib/session'
import { stackQuery } from '../../../lib/subjects'
import { useRetry } from '../api/retry'
import { supportText } from '../rules/support'

function Way({ way, operation, org, first, retry }: { way: WayOut; operation: Operation; org: string; first: boolean; retry: ReturnType<typeof useRetry> }): ReactElement {
  const follow = useFollow(org)
  const id = operation.subject.id ?? ''
  // The member of a stack that failed has the name of its step.
  const failed = operation.steps.find((step) => step.state === 'failed')?.name
  const stack = useQuery({ ...stackQuery(id), enabled: operation.subject.type === 'stack' && way.action === 'change' }).data
  const member = stack?.members.find((each) => each.member === failed)
  const look = first ? ('main' as const) : ('plain' as const)
  const button = () => {
    if (way.action === 'wait') return null
    if (operation.subject.type === 'cluster') {
      if (way.action === 'replace_credential') return <ButtonLink look={look} to="/o/$org/clusters/$id" params={{ org, id }} search={{ do: 'credential' }}>Replace credential</ButtonLink>
      if (way.action === 'retry' && operation.kind === 'register') return <ButtonLink look={look} to="/o/$org/clusters/new" params={{ org }}>Connect again</ButtonLink>
      return <ButtonLink look={look} to="/o/$org/clusters/$id" params={{ org, id }}>Open the cluster</ButtonLink>
    }
    if (operation.subject.type !== 'service' && operation.subject.type !== 'stack') return null
    if (way.action === 'retry') {
      return (
        <Button look={look} busy={retry.isPending}
          onClick={() => follow(retry.mutateAsync())}>
          Try again
        </Button>
      )
    }
    if (operation.subject.type === 'stack' && way.action === 'change') return member ? <ButtonLink look={look} to="/o/$org/services/$id/values" params={{ org, id: member.id }} search={{ do: 'change' }}>Change values</ButtonLink> : null
    if (operation.subject.type === 'stack') return way.action === 'uninstall' ? <ButtonLink look={look} to="/o/$org/stacks/$id" params={{ org, id }} search={{ do: 'uninstall' }}>Uninstall</ButtonLink> : null
    if (way.action === 'change') return <ButtonLink look={look} to="/o/$org/services/$id/values" params={{ org, id }} search={{ do: 'change' }}>Change values</ButtonLink>
    if (way.action === 'procedure') return <ButtonLink look={look} to="/o/$org/services/$id" params={{ org, id }}>Open the service</ButtonLink>
    if (way.action === 'rollback') return <ButtonLink look={look} to="/o/$org/services/$id/history" params={{ org, id }}>Choose a revision</ButtonLink>
    if (way.action === 'uninstall') return <ButtonLink look={look} to="/o/$org/services/$id" params={{ org, id }} search={{ do: 'uninstall' }}>Uninstall</ButtonLink>
    return null
  }
  return (
    <li>
      <div><b>{way.title}</b>{way.detail && <p>{way.detail}</p>}</div>
      {button()}
    </li>
  )
}

function ClusterWords({ operation, problem }: { operation: Operation; problem: OperationProblem }): ReactElement {
  const cause = problem.cause
  return (
    <details className="card" open={cause !== null}>
      <summary className="pad"><Icon name="right" className="chev" /><h2>What the cluster said</h2><span className="faint small">for the people who run it</span></summary>
      <div className="row pad" style={{ paddingTop: 0 }}>
        <CopyButton text={supportText(operation)} label="Copy for support" />
        <span className="faint small">code <code>{problem.code}</code></span>
      </div>
      {cause ? (
        <div className="log" role="region" aria-label="The cluster's words" tabIndex={0}>
          <div className="bad said"><span>{cause.kind} {cause.name}</span><span>{cause.reason && cause.reason !== problem.code && `${cause.reason}: `}{cause.message}</span></div>
          {cause.log_tail.map((line, index) => <div className="said" key={index}><span>{index === 0 ? 'its last words' : ''}</span><span>{line}</span></div>)}
        </div>
      ) : <p className="pad dim" style={{ paddingTop: 0 }}>The cluster said nothing about it.</p>}
    </details>
  )
}

export function Cause({ operation, org }: { operation: Operation; org: string }): ReactElement | null {
  const mayChange = useMayChange()
  const retry = useRetry(operation.subject)
  const problem = operation.error
  if (!problem) return null
  return (
    <section className="cause stack" aria-labelledby="why">
      <div className="row top-row">
        <span className="big-shape"><VerdictIcon verdict="failed" /></span>
        <div className="grow">
          <h2 id="why">{problem.title}</h2>
          {problem.detail && <p className="dim break">{problem.detail}</p>}
          <p className="small dim">{whoseSentence(problem.whose)}</p>
          {problem.kept && <p className="small"><b>Kept:</b> {problem.kept}</p>}
        </div>
      </div>
      {problem.next.length > 0 && (
        <div>
          <h3>What you can do</h3>
          {!mayChange && <p className="small dim">Owners and members of this organization can do this; you may look.</p>}
          <ul className="ways">
            {problem.next.map((way, index) => (
              mayChange
                ? <Way key={way.action + index} way={way} operation={operation} org={org} first={index === 0} retry={retry} />
                : <li key={way.action + index}><div><b>{way.title}</b><p>{way.detail}</p></div></li>
            ))}
          </ul>
        </div>
      )}
      {retry.error ? <ProblemPanel problem={retry.error} alert /> : null}
    </section>
  )
}

export { ClusterWords }
