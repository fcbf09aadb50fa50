/** How far each workload is, as bars with words. */
import { Fragment, type ReactElement } from 'react'
import type { OperationWorkload } from '../../../api/types'
import { workloadRows } from '../rules/workloads'

export function WorkloadList({ workloads }: { workloads: OperationWorkload[] }): ReactElement {
  return (
    <div className="in-step work">
      {workloadRows(workloads).map((row) => (
        <Fragment key={row.key}>
          <b className="break">{row.name}</b>
          <span className="num right">{row.count}</span>
          <span className="bar" role="img" aria-label={row.label}><i style={{ '--p': `${row.percent}%` }} /></span>
          <span className="why dim break">{row.why}</span>
        </Fragment>
      ))}
    </div>
  )
}
