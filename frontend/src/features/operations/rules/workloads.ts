/** Workloads of an operation as bars and one sentence. */
import type { OperationWorkload, VerdictName } from '../../../api/types'

export interface WorkloadRow {
  key: string
  name: string
  count: string
  percent: number
  /** What readers without sight hear for the bar. */
  label: string
  why: string
  complete: boolean
}

const isClaim = (workload: OperationWorkload) => workload.kind === 'PersistentVolumeClaim'

/** Unfinished first by name order kept; volumes are one line together, as nobody counts them one by one. */
export function workloadRows(workloads: OperationWorkload[]): WorkloadRow[] {
  const rows = workloads.filter((w) => !isClaim(w)).map(toRow)
  const claims = workloads.filter(isClaim)
  if (claims.length > 0) {
    const waiting = claims.find((claim) => claim.ready < claim.desired)
    rows.push(
      toRow({
        kind: 'PersistentVolumeClaim',
        name: claims.length === 1 ? 'volume' : 'volumes',
        ready: claims.reduce((sum, claim) => sum + claim.ready, 0),
        desired: claims.reduce((sum, claim) => sum + claim.desired, 0),
        state: waiting?.state ?? 'ready',
        detail: waiting?.detail ?? claims[0]?.detail ?? '',
      }),
    )
  }
  return rows
}

function toRow(workload: OperationWorkload): WorkloadRow {
  const { ready, desired } = workload
  const percent = desired > 0 ? Math.floor((Math.min(ready, desired) / desired) * 100) : 100
  return {
    key: `${workload.kind}/${workload.name}`,
    name: workload.name,
    count: `${ready} of ${desired}`,
    percent,
    label: `${workload.name}: ${ready} of ${desired} ready`,
    why: workload.detail || (ready >= desired ? 'ready' : workload.state),
    complete: ready >= desired,
  }
}

/** "5 of 6 are ready. broker: downloading the image": what is seen so far, or null when nothing is. */
export function workloadSentence(workloads: OperationWorkload[]): { text: string; verdict: VerdictName } | null {
  const running = workloads.filter((w) => !isClaim(w))
  if (running.length === 0) return null
  const ready = running.reduce((sum, w) => sum + Math.min(w.ready, w.desired), 0)
  const desired = running.reduce((sum, w) => sum + w.desired, 0)
  const waiting = workloads.find((w) => w.ready < w.desired && w.detail) ?? workloads.find((w) => w.ready < w.desired)
  const first = `${ready} of ${desired} ${desired === 1 ? 'is' : 'are'} ready.`
  if (!waiting) return { text: first, verdict: 'healthy' }
  const why = waiting.detail || waiting.state
  return { text: why ? `${first} ${waiting.name}: ${why}` : first, verdict: 'progressing' }
}
