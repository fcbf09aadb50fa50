/** Pods by component and zone, and whether a zone or node can fail. */
import { titleFromKey } from '../../../lib/form/fields'
import type { Pod, ServiceObjects, VerdictName } from '../../../api/types'

export interface PodTile {
  name: string
  verdict: VerdictName
  word: string
  detail: string
  zone: string
}
export interface Group {
  key: string
  title: string
  count: string
  verdict: VerdictName
  reason: string
  pods: PodTile[]
}

/** Kubernetes waits in reasons such as ImagePullBackOff; those are failures, ContainerCreating is not. */
const troubles = /BackOff|ErrImage|Error|OOMKilled|Unschedulable|CreateContainerConfigError|InvalidImageName|Evicted/

const hasEnded = (pod: Pod): boolean => pod.phase === 'Succeeded'

function podVerdict(pod: Pod): VerdictName {
  if (hasEnded(pod)) return 'healthy'
  if (pod.phase === 'Failed' || troubles.test(pod.reason)) return 'failed'
  if (pod.ready) return 'healthy'
  return pod.phase === 'Unknown' ? 'unknown' : 'progressing'
}

function tile(pod: Pod): PodTile {
  const verdict = podVerdict(pod)
  const words: Partial<Record<VerdictName, string>> = { healthy: hasEnded(pod) ? 'Finished' : 'Ready', failed: 'Failed', progressing: 'Starting', unknown: 'Unknown' }
  const restarts = pod.restarts > 0 ? `${pod.restarts} ${pod.restarts === 1 ? 'restart' : 'restarts'}` : ''
  const place = pod.node ? `node ${pod.node}` : 'not on a node yet'
  return {
    name: pod.name,
    verdict,
    word: words[verdict] ?? verdict,
    detail: [verdict === 'healthy' ? '' : pod.message || pod.reason, place, pod.zone, restarts].filter(Boolean).join(' · '),
    zone: pod.zone,
  }
}

/** One group a workload; pods in the order of zone, then name. */
export function groups(objects: Pick<ServiceObjects, 'workloads'>): Group[] {
  return objects.workloads.map((workload) => ({
    key: `${workload.kind}/${workload.name}`,
    title: workload.title || (workload.component ? titleFromKey(workload.component) : workload.name),
    count: workload.pods.length > 0 && workload.pods.every(hasEnded) ? 'done' : `${workload.ready} of ${workload.desired} ready`,
    verdict: workload.verdict,
    reason: workload.reason,
    pods: [...workload.pods].sort((a, b) => a.zone.localeCompare(b.zone) || a.name.localeCompare(b.name, 'en', { numeric: true })).map(tile),
  }))
}

/** "6 pods in 3 zones": only what is seen and has not ended, no promise about failing zones. */
export function spread(objects: Pick<ServiceObjects, 'workloads'>): string {
  const pods = objects.workloads.flatMap((workload) => workload.pods).filter((pod) => !hasEnded(pod))
  const distinct = (values: string[]) => new Set(values.filter(Boolean)).size
  const zones = distinct(pods.map((pod) => pod.zone))
  const nodes = distinct(pods.map((pod) => pod.node))
  const first = `${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}`
  if (pods.length === 0) return 'no pods'
  if (zones > 1) return `${first} on ${nodes} ${nodes === 1 ? 'node' : 'nodes'} in ${zones} zones`
  return nodes > 0 ? `${first} on ${nodes} ${nodes === 1 ? 'node' : 'nodes'}` : first
}

/** "5 GiB" of the cluster's "5Gi"; what is written otherwise is left as it is. */
export const sizeInWords = (size: string): string => size.replace(/^([\d.]+)([KMGTPE]i)$/, '$1 $2B')
