/** The steps of an operation, with the workloads inside the one that waits for them. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Operation } from '../../../api/types'
import { Icon, VerdictIcon } from '../../../components/icon'
import { useNow } from '../../../components/time'
import { operationQuery } from '../../../lib/operation-query'
import { doingSentence, isFinal } from '../../../lib/operations'
import { timeline, workloadStep, type StepTone } from '../rules/timeline'
import { WorkloadList } from './workload-list'

const classes: Record<StepTone, string> = { done: '', now: 'now', bad: 'bad', todo: 'todo', off: 'todo' }

/** How far the operation of one step is, live, with the link to its page. */
function Inside({ id, org, live }: { id: string; org: string; live: boolean }): ReactElement | null {
  const { data: child } = useQuery({ ...operationQuery(id), enabled: live })
  const going = live && child && !isFinal(child.state)
  return (
    <div className="inside">
      {going && <p className="num">{doingSentence(child)}{child.steps.find((step) => step.state === 'running')?.detail ? `: ${child.steps.find((step) => step.state === 'running')?.detail}` : ''}</p>}
      {going && child.workloads.length > 0 && <WorkloadList workloads={child.workloads} />}
      <p className="small"><Link to="/o/$org/operations/$id" params={{ org, id }}>Its own steps and log</Link></p>
    </div>
  )
}

export function Steps({ operation, org }: { operation: Operation; org: string }): ReactElement {
  const now = useNow()
  const holder = workloadStep(operation.steps)
  return (
    <ol className="steps">
      {timeline(operation, now).map((row) => (
        <li key={row.name} className={classes[row.tone]}>
          {row.verdict ? <VerdictIcon verdict={row.verdict} label={row.label} /> : <Icon name="todo" label={row.label} />}
          <div>
            {row.tone === 'now' || row.tone === 'bad' ? <b>{row.title}</b> : row.title}
            {row.detail && <p className="break">{row.detail}</p>}
            {row.operation && <Inside id={row.operation} org={org} live={row.tone === 'now'} />}
          </div>
          <span className="t">{row.time}</span>
          {row.name === holder && operation.workloads.length > 0 && <WorkloadList workloads={operation.workloads} />}
        </li>
      ))}
    </ol>
  )
}
