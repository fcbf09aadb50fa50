/** The three facts on an operation's page. */
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Operation } from '../../../api/types'
import { useNow } from '../../../components/time'
import { Verdict } from '../../../components/verdict'
import { doingSentence, isActive, isFinal, operationWord } from '../../../lib/operations'
import { clusterQuery, serviceQuery, stackQuery } from '../../../lib/subjects'
import { timeSentence } from '../rules/timeline'
import { workloadSentence } from '../rules/workloads'

const sizeWord = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function ClusterSeen({ id, removing, over }: { id: string; removing: boolean; over: boolean }): ReactElement {
  const { data: cluster } = useQuery({ ...clusterQuery(id), enabled: id !== '' && !removing })
  if (removing) return <div className="seen v-suspended"><h2>We see</h2><p className="big" role="status"><Verdict verdict="suspended">{over ? 'Removed' : 'Being removed'}</Verdict></p><p className="small">Nothing of it is watched any more.</p></div>
  const reachable = cluster?.reachability.reachable ?? null
  const verdict = reachable === null ? 'unknown' : reachable ? 'healthy' : 'unknown'
  const word = reachable === null ? 'Nothing yet' : reachable ? 'Answers' : 'Silent'
  const nodes = cluster?.inventory?.nodes.length
  return (
    <div className={`seen v-${verdict}`}>
      <h2>We see</h2>
      <p className="big" role="status"><Verdict verdict={verdict}>{word}</Verdict></p>
      <p className="small break">{reachable === false ? cluster?.reachability.reason : nodes ? `Kubernetes ${cluster?.inventory?.version}, ${nodes === 1 ? '1 node' : `${nodes} nodes`}` : ''}</p>
    </div>
  )
}

function StackSeen({ id }: { id: string }): ReactElement {
  const { data: stack } = useQuery({ ...stackQuery(id), enabled: id !== '' })
  const gone = stack?.state === 'uninstalled'
  const present = stack?.members.filter((each) => each.state === 'present') ?? []
  const healthy = present.filter((each) => each.verdict === 'healthy').length
  const seen = stack?.health.verdict ?? 'unknown'
  // A service whose turn has not come is not seen yet; nothing is wrong with it.
  const verdict = gone ? 'suspended' : seen === 'unknown' && isActive(stack?.operation) ? 'progressing' : seen
  const says = gone ? 'Uninstalled: nothing of it runs.' : present.length === 0 ? 'Nothing of it runs yet.' : `${healthy} of ${present.length} services healthy. ${verdict === seen ? stack?.health.reason ?? '' : ''}`
  return <div className={`seen v-${verdict}`}><h2>We see</h2><p className="big" role="status"><Verdict verdict={verdict} /></p><p className="small break">{stack ? says : ''}</p></div>
}

export function OperationFacts({ operation }: { operation: Operation }): ReactElement {
  const now = useNow()
  const isService = operation.subject.type === 'service' && operation.subject.id !== null
  const isStack = operation.subject.type === 'stack' && operation.subject.id !== null
  const { data: stack } = useQuery({ ...stackQuery(operation.subject.id ?? ''), enabled: isStack })
  const { data: service } = useQuery({ ...serviceQuery(operation.subject.id ?? ''), enabled: isService })
  const working = workloadSentence(operation.workloads)
  const over = isFinal(operation.state)
  const seen = service?.state === 'uninstalled'
    ? { verdict: 'suspended' as const, text: 'Uninstalled: nothing of it runs.' }
    : service && (over || !working)
    ? { verdict: service.health.verdict, text: service.health.reason }
    : working ?? { verdict: 'unknown' as const, text: isService ? 'Nothing is seen yet.' : '' }
  return (
    <section className="facts" aria-label="What is asked, what we do, what we see">
      <div>
        <h2>You asked for</h2>
        <p className="big">{operationWord(operation)}</p>
        <p className="small dim">{service ? `${service.package.title} ${service.server_version || service.desired.version}${service.desired.plan ? `, ${sizeWord(service.desired.plan)} plan` : ''}` : stack ? `${stack.package.title}, ${sizeWord(stack.plan)} plan` : operation.subject.name}</p>
      </div>
      <div>
        <h2>We are doing</h2>
        <p className="big">{over ? 'Nothing more' : doingSentence(operation)}</p>
        <p className="small dim num">{timeSentence(operation, now)}</p>
      </div>
      {isService
        ? <div className={`seen v-${seen.verdict}`}><h2>We see</h2><p className="big" role="status"><Verdict verdict={seen.verdict} /></p><p className="small break">{seen.text}</p></div>
        : operation.subject.type === 'stack' ? <StackSeen id={operation.subject.id ?? ''} />
        : <ClusterSeen id={operation.subject.id ?? ''} removing={operation.kind === 'remove'} over={over} />}
    </section>
  )
}
