/** The steps of an operation, with the workloads inside the one that waits for them. */
import type { ReactElement } from 'react'
import type { Operation } from '../../../api/types'
import { Icon, VerdictIcon } from '../../../components/icon'
import { useNow } from '../../../components/time'
import { timeline, workloadStep, type StepTone } from '../rules/timeline'
import { WorkloadList } from './workload-list'

const classes: Record<StepTone, string> = { done: '', now: 'now', bad: 'bad', todo: 'todo', off: 'todo' }

export function Steps({ operation }: { operation: Operation }): ReactElement {
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
          </div>
          <span className="t">{row.time}</span>
          {row.name === holder && operation.workloads.length > 0 && <WorkloadList workloads={operation.workloads} />}
        </li>
      ))}
    </ol>
  )
}
