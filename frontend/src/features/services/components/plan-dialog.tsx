/** Asks the plan of a change, shows it, and only then offers the verb. */
import { useQuery } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'
import { Button } from '../../../components/button'
import { Dialog } from '../../../components/dialog'
import { ProblemPanel } from '../../../components/problem-panel'
import { QueryView, SkeletonCard } from '../../../components/states'
import { planQuery, type PlanRequest } from '../api/plan-service'
import { PlanView } from './plan-view'

export function PlanDialog({ title, service, request, verb, busy, problem, lead, onApply, onClose }: {
  title: string
  service: string
  request: PlanRequest | null
  verb: string
  busy: boolean
  problem: unknown
  lead?: ReactNode
  onApply: () => void
  onClose: () => void
}): ReactElement {
  const plan = useQuery(planQuery(service, request))
  const possible = plan.data !== undefined && plan.data.refusals.length === 0
  return (
    <Dialog title={title} opened={request !== null} onClose={onClose} footer={<>
      {plan.data && plan.data.refusals.length > 0 && <span className="grow small dim">Nothing was touched.</span>}
      <Button onClick={onClose}>Cancel</Button>
      <Button look="main" disabled={!possible} busy={busy} onClick={onApply}>{verb}</Button>
    </>}>
      {lead}
      <QueryView query={plan} what="what would change" skeleton={<SkeletonCard lines={4} />}>{(data) => <PlanView plan={data} />}</QueryView>
      {problem ? <ProblemPanel problem={problem} alert /> : null}
    </Dialog>
  )
}
