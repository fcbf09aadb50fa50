/** What the check found on the chosen cluster, or what keeps it from being looked at. */
import type { ReactElement } from 'react'
import type { PreflightResult } from '../../../api/types'
import { FindingItem } from '../../../components/finding'
import { VerdictIcon } from '../../../components/icon'
import { Skeleton } from '../../../components/states'
import { bytes, cores, count } from '../../../lib/format'
import { valuesRefusal } from '../../../lib/preflight'

type Checked = PreflightResult['clusters'][number]
const rank = { error: 0, warning: 1, note: 2 }

export interface CheckCardProps {
  clusters: Checked[] | undefined
  checked: Checked | null
  takes: Checked['requests']
  refusal: string | null
  valid: boolean
  checking: boolean
}

/** What is said while there is no cluster to say it of. */
function absence(clusters: Checked[] | undefined): string {
  if (!clusters) return 'Your clusters could not be checked.'
  return clusters.length === 0 ? 'Connect a cluster to see what is checked there.' : 'It fits on none of your clusters. Each says what to do.'
}

function Findings({ checked, refusal, valid, checking }: CheckCardProps & { checked: Checked }): ReactElement {
  if (valuesRefusal(checked.findings)) {
    return (
      <ul className={`ticks${checking ? ' stale' : ''}`}>
        {refusal && valid && <li><VerdictIcon verdict="failed" label="Error" /><span className="grow break">{refusal}</span></li>}
        <li><VerdictIcon verdict="unknown" /><span>The cluster is checked once the values are right.</span></li>
      </ul>
    )
  }
  return (
    <ul className={`ticks${checking || !valid ? ' stale' : ''}`}>
      {checked.findings.every((each) => each.level === 'note') && <li><VerdictIcon verdict="healthy" /><span>Rights, room, storage and policies were checked: nothing stands in the way.</span></li>}
      {[...checked.findings].sort((a, b) => rank[a.level] - rank[b.level]).map((finding, i) => <FindingItem key={`${finding.code}${i}`} finding={finding} />)}
    </ul>
  )
}

export function CheckCard(props: CheckCardProps): ReactElement {
  const { clusters, checked, takes, checking } = props
  return (
    <section className="card" aria-busy={checking}><header><h2>Before we start</h2>{checked && <span className="faint small">{checked.cluster.name}</span>}</header>
      <div className="pad">
        {!checked && checking && <div className="stack">{[1, 2, 3].map((n) => <Skeleton key={n} />)}</div>}
        {!checked && !checking && <p className="dim">{absence(clusters)}</p>}
        {checked && <Findings {...props} checked={checked} />}
        {takes && (
          <p className="small dim check-sum">Takes {cores(takes.cpu)}, {bytes(takes.memory)} memory{takes.storage > 0 ? `, ${bytes(takes.storage)} disk` : ''}, {count(takes.pods, 'pod')}.</p>
        )}
      </div>
    </section>
  )
}
