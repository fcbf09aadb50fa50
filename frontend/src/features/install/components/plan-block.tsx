/** Plans side by side, a real radio group. */
import type { ReactElement } from 'react'
import type { Plan } from '../../../api/types'
import { amounts } from '../../../lib/format'

export function PlanBlock({ plans, chosen, onPlan }: { plans: Plan[]; chosen: string; onPlan: (name: string) => void }): ReactElement {
  return (
    <fieldset className="block"><legend>Plan</legend>
      <p className="lead">You can move to a bigger plan later.</p>
      <div className="plans">
        {plans.map((plan) => (
          <label key={plan.name} className="opt">
            <input type="radio" name="plan" value={plan.name} checked={plan.name === chosen} onChange={() => onPlan(plan.name)} />
            <b>{plan.title}</b>
            <p>{plan.summary}</p>
            <dl className="kv two">
              <dt>CPU</dt><dd className="num">{amounts(plan.requests).cpu}</dd>
              <dt>Memory</dt><dd className="num">{amounts(plan.requests).memory}</dd>
              <dt>Disk</dt><dd className="num">{amounts(plan.requests).disk}</dd>
            </dl>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
