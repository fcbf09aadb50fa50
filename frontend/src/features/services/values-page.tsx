/** Values: what the user chose, what it became, and the way to change it. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, type ReactElement } from 'react'
import { Button, ButtonLink } from '../../components/button'
import { CodeBlock } from '../../components/code-block'
import { Icon } from '../../components/icon'
import { QueryView, SkeletonCard } from '../../components/states'
import { withDots } from '../../lib/form/masks'
import { toYaml } from '../../lib/form/yaml'
import { serviceValuesQuery } from '../../lib/service-values'
import { useMayChange } from '../../lib/session'
import { serviceQuery } from '../../lib/subjects'

/** The form is large: it comes when somebody wants to change something. */
const ChangeForm = lazy(() => import('./components/change-form').then((module) => ({ default: module.ChangeForm })))

export function ValuesPage(): ReactElement | null {
  const { org, id } = useParams({ from: '/app/o/$org/services/$id' })
  const { do: doing } = useSearch({ from: '/app/o/$org/services/$id' })
  const navigate = useNavigate()
  const mayChange = useMayChange()
  const { data: service } = useQuery(serviceQuery(id))
  const query = useQuery(serviceValuesQuery(id))
  if (!service) return null
  const close = () => void navigate({ to: '/o/$org/services/$id/values', params: { org, id }, search: {} })
  return (
    <QueryView query={query} what="the values" skeleton={<SkeletonCard lines={8} />}>
      {(values) => {
        if (doing === 'change' && mayChange && service.state === 'present') return <Suspense fallback={<SkeletonCard lines={8} />}><ChangeForm service={service} now={values} org={org} onCancel={close} /></Suspense>
        const own = toYaml(withDots(values.values))
        return (
          <>
            <section className="card" aria-labelledby="own">
              <header><h2 id="own">Your values</h2><span className="faint small">what differs from {service.package.title} {values.version}{values.plan ? ` with the ${values.plan} plan` : ''}</span>
                {service.state === 'present' && (mayChange
                  ? <span className="end"><ButtonLink small to="/o/$org/services/$id/values" params={{ org, id }} search={{ do: 'change' }}><Icon name="edit" />Change</ButtonLink></span>
                  : <span className="end"><Button small disabled aria-describedby="who-may">Change</Button><span id="who-may" className="small dim"> Owners and members can</span></span>)}</header>
              <div className="pad">{own === '' ? <p className="dim">Nothing: it runs as the plan says.</p> : <CodeBlock text={own} label="your values" />}</div>
            </section>
            <details className="card"><summary className="pad"><Icon name="right" className="chev" /><h2>Everything</h2><span className="faint small">defaults, plan and yours together; secrets are dots</span></summary>
              <div className="pad" style={{ paddingTop: 0 }}><CodeBlock text={values.merged_yaml} label="all values" /></div></details>
          </>
        )
      }}
    </QueryView>
  )
}
