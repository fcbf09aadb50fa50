/** Which plan and which cluster are taken when nobody chose. */
import type { PreflightResult } from '../../../api/types'
import { valuesRefusal } from '../../../lib/preflight'

type Checked = PreflightResult['clusters'][number]
const order: Record<Checked['verdict'], number> = { fits: 0, risk: 1, no: 2 }

/** Best first; a chosen order is kept among equals. */
export function bestFirst(clusters: Checked[]): Checked[] {
  return [...clusters].sort((a, b) => order[a.verdict] - order[b.verdict])
}

/** The wanted cluster while it can be chosen, else the first that fits, else none. Refused values do not make a cluster unfit. */
export function chooseCluster(wanted: string | null, clusters: Checked[]): Checked | null {
  const possible = clusters.filter((each) => each.verdict !== 'no' || valuesRefusal(each.findings))
  return possible.find((each) => each.cluster.id === wanted || each.cluster.name === wanted) ?? bestFirst(possible)[0] ?? null
}

/** The wanted plan if there is one of that name, else the recommended, else the first. */
export function choosePlan<P extends { name: string; recommended?: boolean }>(wanted: string | null | undefined, plans: P[]): P | null {
  return plans.find((plan) => plan.name === wanted) ?? plans.find((plan) => plan.recommended) ?? plans[0] ?? null
}
