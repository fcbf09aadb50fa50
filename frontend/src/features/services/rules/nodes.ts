/** What a node says of itself, in a few words; and what a service asks its cluster for. */
import type { Cost, ServiceNode } from '../../../api/types'
import { bytes } from '../../../lib/format'

const plural: Record<string, [string, string]> = { seconds: ['second', 'seconds'], records: ['record', 'records'], partitions: ['partition', 'partitions'] }

/** "12 records behind", "up to date". */
export function lagWords(lag: ServiceNode['lag']): string {
  if (!lag) return ''
  if (lag.value <= 0) return 'up to date'
  if (lag.unit === 'bytes') return `${bytes(lag.value)} behind`
  const value = Math.round(lag.value * 10) / 10
  return `${value.toLocaleString('en-GB')} ${(plural[lag.unit] ?? [lag.unit, lag.unit])[value === 1 ? 0 : 1]} behind`
}

/** "leader · up to date", or why it does not say; empty when it was not asked. */
export function nodeWords(node: Pick<ServiceNode, 'role' | 'lag' | 'problem'> | undefined): string {
  if (!node) return ''
  return [node.role ?? '', lagWords(node.lag), node.problem].filter(Boolean).join(' · ')
}

const units: Record<Cost['unit'], string> = { cpu: 'CPU', memory: 'memory', disk: 'disk', gpu: 'GPU' }

/** "Asks for 3 × 1 CPU, 3 × 4 GiB memory" or "Asks for 0.5 CPU"; empty when the package does not count. */
export function costSentence(costs: Cost[] | undefined): string {
  if (!costs || costs.length === 0) return ''
  const sums = [...new Set(costs.map((cost) => cost.unit))].map((unit) => {
    const parts = costs.filter((cost) => cost.unit === unit).map((cost) => `${cost.times > 1 ? `${cost.times} × ` : ''}${cost.each}`)
    return `${parts.join(' + ')} ${units[unit]}`
  })
  return `Asks for ${sums.join(', ')}`
}
