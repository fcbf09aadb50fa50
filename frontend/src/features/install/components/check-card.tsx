/** What the check found on the chosen cluster. */
import type { ReactElement } from 'react'
import type { PreflightResult } from '../../../api/types'
import { FindingItem } from '../../../components/finding'
import { VerdictIcon } from '../../../components/icon'
import { Skeleton } from '../../../components/states'
import { bytes, cores, count } from '../../../lib/format'

type Checked = PreflightResult['clusters'][number]
const rank = { error: 0, warning: 1, note: 2 }

export function CheckCard({ checked, checking }: { checked: Checked | null; checking: boolean }): ReactElement {
  return (
    <section className="card" aria-busy={checking}><header><h2>Before we start</h2>{checked && <span className="faint small">{checked.cluster.name}</span>}</header>
      <div className="pad">
        {!checked && checking && <div className="stack">{[1, 2, 3].map((n) => <Skeleton key={n} />)}</div>}
        {!checked && !checking && <p className="dim">Choose a cluster to see what was checked there.</p>}
        {checked && (
          <ul className={`ticks${checking ? ' stale' : ''}`}>
            {checked.findings.every((each) => each.level === 'note') && <li><VerdictIcon verdict="healthy" /><span>Rights, room, storage and policies were checked: nothing stands in the way.</span></li>}
            {[...checked.findings].sort((a, b) => rank[a.level] - rank[b.level]).map((finding, i) => <FindingItem key={`${finding.code}${i}`} finding={finding} />)}
          </ul>
        )}
        {checked?.requests && (
          <p className="small dim check-sum">Takes {cores(checked.requests.cpu)}, {bytes(checked.requests.memory)} memory{checked.requests.storage > 0 ? `, ${bytes(checked.requests.storage)} disk` : ''}, {count(checked.requests.pods, 'pod')}.</p>
        )}
      </div>
    </section>
  )
}
