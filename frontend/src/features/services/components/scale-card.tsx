/** Scale by a stepper; the plan is shown before the click that touches the cluster. */
import { useState, type ReactElement } from 'react'
import type { Scaling, Service } from '../../../api/types'
import { Button } from '../../../components/button'
import { Stepper } from '../../../components/stepper'
import { useFollow } from '../../../lib/follow'
import { useMayChange } from '../../../lib/session'
import { useScaleService } from '../api/scale-service'
import { choices, limitSentence } from '../rules/scaling'
import { PlanDialog } from './plan-dialog'

function Part({ part, service, org }: { part: Scaling; service: Service; org: string }): ReactElement {
  const [wanted, setWanted] = useState(part.replicas)
  const [asking, setAsking] = useState(false)
  const [base, setBase] = useState(part.replicas)
  if (base !== part.replicas) { setBase(part.replicas); setWanted(part.replicas) }
  const mayChange = useMayChange()
  const follow = useFollow(org)
  const scale = useScaleService(service.id)
  const limit = mayChange ? limitSentence(part, wanted) : 'Owners and members can scale.'
  return (
    <div className="stack" style={{ '--gap': 'var(--aw-2)' }}>
      <div className="row apart"><span>{part.title}</span><Stepper label={part.title} value={wanted} allowed={mayChange ? choices(part) : [part.replicas]} onChange={setWanted} /></div>
      {limit && <p className="small dim">{limit}</p>}
      {wanted !== part.replicas && (
        <div className="row"><Button wide={false} onClick={() => setAsking(true)}>Scale to {wanted}</Button><Button look="quiet" onClick={() => setWanted(part.replicas)}>Reset</Button></div>
      )}
      <PlanDialog
        title={`Scale ${part.title ? `${part.title.charAt(0).toLowerCase()}${part.title.slice(1)} of ` : ''}${service.name} from ${part.replicas} to ${wanted}`} service={service.id} verb={`Scale to ${wanted}`}
        request={asking ? { component: part.component, replicas: wanted } : null} busy={scale.isPending} problem={scale.error} onClose={() => { setAsking(false); scale.reset() }}
        onApply={() => follow(scale.mutateAsync({ component: part.component, replicas: wanted }))}
      />
    </div>
  )
}

export function ScaleCard({ service, org }: { service: Service; org: string }): ReactElement | null {
  if (service.scaling.length === 0 || service.state !== 'present') return null
  return (
    <section className="card"><header><h2>Scale</h2></header>
      <div className="pad stack">{service.scaling.map((part) => <Part key={part.component} part={part} service={service} org={org} />)}</div>
    </section>
  )
}
