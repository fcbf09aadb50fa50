/** A plan (what would change) as a headline and rows, worst first. */
import type { PlanResult } from '../../../api/types'

type Change = PlanResult['changes'][number]
export interface PlanRow {
  key: string
  action: string
  what: string
  effect: string
  severity: Change['severity']
  diff: string
}
export interface PlanSummary {
  kind: 'refused' | 'nothing' | 'changes'
  headline: string
  refusals: PlanResult['refusals']
  rows: PlanRow[]
  restarts: number
  touchesData: boolean
}

const words: Record<Change['action'], string> = { create: 'Created', change: 'Changed', delete: 'Deleted', replace: 'Replaced' }
const weight: Record<Change['severity'], number> = { data: 0, restart: 1, none: 2 }

/** What to show before the click: refused, nothing to do, or the changes with those that hurt first. */
export function summarizePlan(plan: PlanResult): PlanSummary {
  const rows = plan.changes
    .map((change) => ({
      key: `${change.object.kind}/${change.object.namespace}/${change.object.name}`,
      action: words[change.action],
      what: `${change.object.kind} ${change.object.name}`,
      effect: change.effect,
      severity: change.severity,
      diff: change.diff,
    }))
    .sort((a, b) => weight[a.severity] - weight[b.severity] || a.key.localeCompare(b.key))
  const restarts = rows.filter((row) => row.severity === 'restart').length
  const touchesData = rows.some((row) => row.severity === 'data')
  const base = { refusals: plan.refusals, rows, restarts, touchesData }
  if (plan.refusals.length > 0) {
    return { ...base, kind: 'refused', headline: plan.refusals.length === 1 ? 'This cannot be changed' : `${plan.refusals.length} things cannot be changed` }
  }
  if (rows.length === 0) return { ...base, kind: 'nothing', headline: plan.summary || 'Nothing would change' }
  const objects = `${rows.length} ${rows.length === 1 ? 'object changes' : 'objects change'}`
  return { ...base, kind: 'changes', headline: plan.summary || objects }
}
