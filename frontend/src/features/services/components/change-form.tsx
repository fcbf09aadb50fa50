/** Change values, plan or version: the same form as at the install; the plan is shown before the click. */
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState, type ReactElement } from 'react'
import type { PackageForm, Service, ServiceValues } from '../../../api/types'
import { asProblem } from '../../../api/client'
import { Button } from '../../../components/button'
import { SchemaForm } from '../../../components/schema-form/schema-form'
import { ValuesPanel } from '../../../components/schema-form/values-panel'
import { QueryView, SkeletonCard } from '../../../components/states'
import { useFollow } from '../../../lib/follow'
import { validateValues, type FieldErrors } from '../../../lib/form/validate'
import { withSecrets } from '../../../lib/form/secrets'
import { mergeValues } from '../../../lib/form/values'
import { bindableQuery } from '../../../lib/bindable'
import { clusterOptionsQuery } from '../../../lib/cluster-options'
import { takesBindings } from '../../../lib/form/fields'
import { packageFormQuery, packageQuery } from '../../../lib/packages'
import { useChangeService } from '../api/change-service'
import { changeRequest, draftOf, type Draft } from '../rules/change'
import { PlanDialog } from './plan-dialog'

function Choices({ service, draft, onChange }: { service: Service; draft: Draft; onChange: (draft: Draft) => void }): ReactElement {
  const { data } = useQuery(packageQuery(service.package.name))
  const versions = data?.versions.map((each) => each.version) ?? []
  const server = (version: string): string => data?.versions.find((each) => each.version === version)?.app_version ?? ''
  const plans = data?.plans ?? []
  return (
    <div className="fields">
      <div className="field"><label htmlFor="version">Package version</label>
        <select id="version" className="in" value={draft.version} onChange={(event) => onChange({ ...draft, version: event.target.value })}>
          {[...new Set([service.desired.version, ...versions])].map((version) => <option key={version} value={version}>{version}{server(version) && `, ${service.package.title} ${server(version)}`}{version === service.desired.version ? ' (now)' : ''}</option>)}
        </select></div>
      {plans.length > 0 && (
        <div className="field"><label htmlFor="plan">Plan</label>
          <select id="plan" className="in" value={draft.plan} onChange={(event) => onChange({ ...draft, plan: event.target.value })}>
            {draft.plan === '' && <option value="">Own values</option>}
            {plans.map((plan) => <option key={plan.name} value={plan.name}>{plan.title}{plan.name === service.desired.plan ? ' (now)' : ''}</option>)}
          </select></div>
      )}
    </div>
  )
}

function Fields({ service, org, form, draft, errors, onChange }: { service: Service; org: string; form: PackageForm; draft: Draft; errors: FieldErrors; onChange: (draft: Draft) => void }): ReactElement {
  const { data: options } = useQuery(clusterOptionsQuery(service.cluster.id))
  const { data: beside } = useQuery(bindableQuery(org, takesBindings(form.schema) ? service.cluster.id : null, service.namespace))
  const bindable = useMemo(() => beside?.filter((each) => each.service !== service.name) ?? null, [beside, service.name])
  const base = useMemo(() => mergeValues(form.values, form.plans.find((plan) => plan.name === draft.plan)?.values ?? {}), [form, draft.plan])
  return (
    <div className="split" style={{ '--rail': '23rem' }}>
      <section className="card" aria-label="Settings"><div className="pad stack">
        <SchemaForm
          schema={form.schema} secretPaths={form.secrets} base={base} values={draft.values} secrets={draft.secrets} errors={errors} options={options ?? null} bindable={bindable}
          clusterName={service.cluster.name} mode="change"
          onChange={(values) => onChange({ ...draft, values })} onSecrets={(secrets) => onChange({ ...draft, secrets })}
        />
      </div></section>
      <ValuesPanel heading={`package ${service.package.name} ${draft.version}${draft.plan ? `, plan ${draft.plan}` : ''}`} base={base} values={draft.values} secrets={draft.secrets}
        secretPaths={form.secrets} errors={errors} onChange={(values, secrets) => onChange({ ...draft, values, secrets })} />
    </div>
  )
}

export function ChangeForm({ service, now, org, onCancel }: { service: Service; now: ServiceValues; org: string; onCancel: () => void }): ReactElement {
  const start = { values: now.values, plan: service.desired.plan, version: service.desired.version }
  const [draft, setDraft] = useState<Draft>(() => draftOf(start))
  const [checking, setChecking] = useState(false)
  const [errors, setErrors] = useState<FieldErrors>({})
  const follow = useFollow(org)
  const change = useChangeService(service.id)
  const form = useQuery(packageFormQuery(service.package.name, draft.version))
  const request = changeRequest(start, draft)
  const refused = change.error ? asProblem(change.error).fields : {}
  const update = (next: Draft) => { setDraft(next); setErrors({}); change.reset() }

  const check = () => {
    if (!form.data) return
    const plan = form.data.plans.find((each) => each.name === draft.plan)?.values ?? {}
    const found = validateValues(form.data.schema, withSecrets(mergeValues(form.data.values, plan, draft.values), draft.secrets))
    setErrors(found)
    if (Object.keys(found).length === 0) setChecking(true)
    else requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
  }
  const others = Object.entries(errors).filter(([path]) => path === '')
  return (
    <>
      <section className="card" aria-labelledby="change"><header><h2 id="change">Change {service.name}</h2><span className="faint small">nothing is touched before you have seen what would change</span></header>
        <div className="pad stack">
          <Choices service={service} draft={draft} onChange={update} />
          {others.map(([, messages]) => <p key="all" className="danger-text" role="alert">{messages.join(' ')}</p>)}
        </div></section>
      <QueryView query={form} what="the form" skeleton={<SkeletonCard lines={6} />}>
        {(ready) => <Fields service={service} org={org} form={ready} draft={draft} errors={{ ...errors, ...refused }} onChange={update} />}
      </QueryView>
      <div className="paybar">
        <span className="grow dim small" role="status">{Object.keys(errors).length > 0 ? 'Some values need a look.' : request ? 'The next step shows what would change.' : 'Nothing is changed yet.'}</span>
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="main" disabled={!request || !form.data} onClick={check}>Check the change</Button>
      </div>
      <PlanDialog
        title={`Change ${service.name}`} service={service.id} verb="Apply the change" request={checking ? request : null} busy={change.isPending} problem={change.error}
        onClose={() => setChecking(false)}
        onApply={() => request && follow(change.mutateAsync(request))}
      />
    </>
  )
}
