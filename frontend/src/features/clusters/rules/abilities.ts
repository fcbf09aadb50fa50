/** What a cluster can do for services, as a list of short lines. */
import type { ClusterInventory } from '../../../api/types'

export interface Ability {
  able: boolean
  text: string
  detail: string
}

/** Storage, load balancers, ingress, zones, snapshots, GPU; the ones missing say what follows. */
export function abilities(inventory: ClusterInventory): Ability[] {
  const classes = inventory.storage_classes
  const names = (list: { name: string; is_default: boolean }[]) =>
    list.map((item) => (item.is_default ? `${item.name} (default)` : item.name)).join(', ')
  const growing = classes.filter((item) => item.expandable)
  const zones = new Set(inventory.nodes.map((node) => node.zone).filter(Boolean))
  const gpus = inventory.totals?.allocatable.gpu ?? 0
  const list: Ability[] = []
  if (classes.length === 0) list.push({ able: false, text: 'No storage class', detail: 'Services that keep data do not fit here' })
  else if (growing.length > 0) list.push({ able: true, text: 'Volumes that grow', detail: names(growing) })
  else list.push({ able: true, text: 'Volumes of a fixed size', detail: `${names(classes)}; they cannot grow later` })
  const balancer = inventory.load_balancer
  if (balancer.supported === true) list.push({ able: true, text: 'Load balancers', detail: balancer.evidence })
  else if (balancer.supported === false) list.push({ able: false, text: 'No load balancers', detail: balancer.evidence })
  else list.push({ able: false, text: 'Load balancers not seen', detail: balancer.evidence || 'Nobody has asked this cluster for one yet' })
  list.push(
    inventory.ingress_classes.length > 0
      ? { able: true, text: 'Ingress', detail: names(inventory.ingress_classes) }
      : { able: false, text: 'No ingress class', detail: 'Web services are reached by port-forward' },
  )
  list.push({ able: zones.size > 1, text: zones.size > 1 ? `${zones.size} zones` : 'One zone', detail: zones.size > 1 ? '' : 'If it fails, everything here does' })
  list.push(inventory.snapshots ? { able: true, text: 'Snapshots', detail: '' } : { able: false, text: 'No snapshots', detail: '' })
  list.push(inventory.metrics_api ? { able: true, text: 'Use of CPU and memory is measured', detail: '' } : { able: false, text: 'No metrics', detail: 'Use of CPU and memory is not measured here' })
  list.push(gpus > 0 ? { able: true, text: `${gpus} GPU`, detail: '' } : { able: false, text: 'No GPU', detail: 'GPU services do not fit here' })
  return list
}
