/** How much of a cluster is asked for, as meters and sentences. */
import type { Amounts, Cluster, ClusterInventory } from '../../../api/types'
import { bytes, cores } from '../../../lib/format'

export interface Meter {
  title: string
  used: string
  free: string
  percent: number
  /** At 80 % and above the bar changes its colour: the next large service may not fit. */
  tight: boolean
  label: string
}

/** Whole percents; never 100 unless full, never 0 unless empty. */
export function share(used: number, all: number): number {
  if (all <= 0) return 0
  const exact = (used / all) * 100
  if (exact > 0 && exact < 1) return 1
  return Math.min(100, exact >= 100 ? 100 : Math.floor(exact))
}

const plainNumber = (value: number) => String(value >= 100 || Number.isInteger(value) ? Math.floor(value) : Math.floor(value * 10) / 10)
const gib = (amount: number) => plainNumber(amount / 1024 ** 3)

function meter(title: string, used: number, all: number, usedText: string, freeText: string, unit: string): Meter {
  const percent = share(used, all)
  return { title, used: usedText, free: freeText, percent, tight: percent >= 80, label: `${title}: ${usedText}${unit}` }
}

/** CPU, memory, pods and GPU when there are any; none when what is asked for may not be seen. */
export function roomMeters(totals: ClusterInventory['totals']): Meter[] {
  if (!totals?.requested) return []
  const { allocatable: all, requested: used } = totals
  const pods = { used: used.pods ?? 0, all: all.pods ?? 0 }
  const meters = [
    meter('CPU', used.cpu, all.cpu, `${plainNumber(used.cpu)} of ${cores(all.cpu)}`, `${plainNumber(Math.max(0, all.cpu - used.cpu))} free`, ''),
    meter('Memory', used.memory, all.memory, `${gib(used.memory)} of ${gib(all.memory)} GiB`, `${bytes(Math.max(0, all.memory - used.memory))} free`, ''),
  ]
  if (pods.all > 0) meters.push(meter('Pods', pods.used, pods.all, `${pods.used} of ${pods.all}`, `${Math.max(0, pods.all - pods.used)} free`, ''))
  if (all.gpu) meters.push(meter('GPU', used.gpu ?? 0, all.gpu, `${used.gpu ?? 0} of ${all.gpu}`, `${Math.max(0, all.gpu - (used.gpu ?? 0))} free`, ''))
  return meters
}

/** A short "31 of 48" for a table cell. */
export function cell(kind: 'cpu' | 'memory' | 'gpu', totals: ClusterInventory['totals']): { text: string; percent: number } | null {
  if (!totals?.requested) return null
  const all = totals.allocatable[kind] ?? 0
  const used = totals.requested[kind] ?? 0
  if (all <= 0) return null
  const show = kind === 'memory' ? gib : plainNumber
  return { text: `${show(used)} of ${show(all)}`, percent: share(used, all) }
}

/** "The largest single pod that fits now: 5.5 cores and 22 GiB." */
export function largestPod(pod: ClusterInventory['largest_pod']): string {
  if (!pod) return 'What is asked for may not be seen, so the largest pod that fits is not known.'
  if (pod.cpu <= 0 || pod.memory <= 0) return 'No further pod fits now.'
  return `The largest single pod that fits now: ${cores(pod.cpu)} and ${bytes(pod.memory)}.`
}

/** The bars of one node; null when what is asked of it may not be seen. */
export function nodeShares(node: { allocatable: Amounts; requested: Amounts | null }): { cpu: number; memory: number } | null {
  if (!node.requested) return null
  return {
    cpu: share(node.requested.cpu, node.allocatable.cpu),
    memory: share(node.requested.memory, node.allocatable.memory),
  }
}

/** "EKS · 1.35.2 · 6 nodes", with what is known. */
export function factsLine(cluster: Pick<Cluster, 'inventory' | 'server_host' | 'is_practice'>): string {
  const inventory = cluster.inventory
  if (cluster.is_practice) {
    return inventory ? `Simulated · ${inventory.version} · ${nodes(inventory.nodes.length)}` : 'Simulated'
  }
  if (!inventory) return cluster.server_host
  return [inventory.platform, inventory.version, nodes(inventory.nodes.length)].filter(Boolean).join(' · ')
}

const nodes = (n: number) => `${n} ${n === 1 ? 'node' : 'nodes'}`
