/** Install: name, plan and cluster are enough; everything else is folded with its value on the fold. */
import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, type ReactElement } from 'react'
import type { Package, PackageForm, ServiceValues } from '../../api/types'
import { PageHead } from '../../components/page'
import { Loading, QueryView, Skeleton, SkeletonCard } from '../../components/states'
import { ProblemPanel } from '../../components/problem-panel'
import { Tile } from '../../components/tile'
import { Button, ButtonLink } from '../../components/button'
import { withoutMasks } from '../../lib/form/masks'
import { packageFormQuery, packageQuery } from '../../lib/packages'
import { bytes, cores, count } from '../../lib/format'
import { serviceValuesQuery } from '../../lib/service-values'
import { useMayChange, useOrg } from '../../lib/session'
import { CheckCard } from './components/check-card'
import { ClusterBlock } from './components/cluster-block'
import { MembersBlock } from './components/members-block'
import { NameBlock } from './components/name-block'
import { PlanBlock } from './components/plan-block'
import { useInstallForm } from './use-install-form'
import { useDraft } from './use-draft'

const SchemaForm = lazy(() => import('../../components/schema-form/schema-form').then((module) => ({ default: module.SchemaForm })))
const ValuesPanel = lazy(() => import('../../components/schema-form/values-panel').then((module) => ({ default: module.ValuesPanel })))

function InstallSkeleton(): ReactElement {
  return <div className="stack"><Skeleton width="14rem" height="1.6rem" /><div className="split"><SkeletonCard lines={12} /><SkeletonCard lines={6} /></div></div>
}

export function InstallPage(): ReactElement {
  const org = useOrg()
  const { package: name } = useParams({ from: '/app/o/$org/catalogue/$package/install' })
  const query = useQuery(packageQuery(name))
  return <QueryView page query={query} what={name} skeleton={<InstallSkeleton />}>{(item) => <WithFormer key={item.name} org={org} item={item} />}</QueryView>
}

/** Waits for the values of the service that is installed again; without them it is a form like any other. */
function WithFormer({ org, item }: { org: string; item: Package }): ReactElement {
  const { from } = useSearch({ from: '/app/o/$org/catalogue/$package/install' })
  const values = useQuery({ ...serviceValuesQuery(from ?? ''), enabled: from !== undefined && item.kind === 'package' })
  if (values.isLoading) return <Loading what="the former values" onRetry={() => void values.refetch()}><InstallSkeleton /></Loading>
  return <WithForm key={from ?? ''} org={org} item={item} former={values.data} />
}

function WithForm({ org, item, former }: { org: string; item: Package; former: ServiceValues | undefined }): ReactElement {
  const { from, ...chosen } = useSearch({ from: '/app/o/$org/catalogue/$package/install' })
  const id = [org, item.name, ...(from ? [from] : [])].join(':')
  const [draft, setDraft] = useDraft(id, { ...chosen, ...(former && { version: former.version, values: withoutMasks(former.values) }) }, from ? {} : chosen)
  const version = item.versions.some((each) => each.version === draft.version) ? (draft.version ?? item.version) : item.version
  const query = useQuery(packageFormQuery(item.name, version))
  return (
    <QueryView page query={query} what={`the form of ${item.title}`} skeleton={<InstallSkeleton />}>
      {(form: PackageForm) => <Ready org={org} item={item} form={form} version={version} draftId={id} draft={draft} setDraft={setDraft} />}
    </QueryView>
  )
}

function Ready(props: Parameters<typeof useInstallForm>[0]): ReactElement {
  const { org, item, form, version } = props
  const mayChange = useMayChange()
  const state = useInstallForm(props)
  const { plan, checked, takes } = state
  return (
    <>
      <PageHead title={`Install ${item.title}`} lead={item.kind === 'stack' ? `One click installs ${count(item.members.length, 'service')}, each bound to the others it needs. They are checked together first.` : 'Three choices are enough. Everything else has a good default.'}
        tile={<Tile name={item.name} title={item.title} iconUrl={item.icon_url} category={item.category} />}
        crumbs={[{ label: 'Catalogue', link: { to: '/o/$org/catalogue', params: { org } } }, { label: item.title, link: { to: '/o/$org/catalogue/$package', params: { org, package: item.name } } }]} />
      {state.problem ? <ProblemPanel problem={state.problem} alert /> : null}
      <form id="install" className="split" style={{ '--rail': '23rem' }} noValidate onSubmit={(event) => { event.preventDefault(); state.submit() }}>
        <div className="card"><div className="pad form-pad">
          <NameBlock item={item} name={state.name} namespace={state.namespace} version={version} check={state.nameCheck} checking={state.nameChecking} options={state.options} errors={state.ownErrors} onName={state.setName} onNamespace={state.setNamespace} onVersion={state.setVersion} />
          <PlanBlock plans={item.plans} chosen={plan?.name ?? ''} onPlan={state.setPlan} />
          <ClusterBlock org={org} clusters={state.clusters} chosen={checked?.cluster.id ?? null} checking={state.checking} error={state.checkError} onCluster={state.setCluster} onCheck={state.checkAgain} />
          {item.kind === 'stack' && <MembersBlock item={item} name={state.name} plan={plan?.name ?? ''} without={state.without} onWithout={state.setWithout} />}
          {item.kind === 'package' && <div className="block"><h2 className="block-head">Settings</h2>
            <Suspense fallback={<div className="stack">{[1, 2, 3].map((n) => <Skeleton key={n} height="2.6rem" />)}</div>}>
              <SchemaForm schema={form.schema} secretPaths={form.secrets} base={state.base} values={state.values} secrets={state.secrets} errors={state.fieldErrors} options={state.options} bindable={state.bindable} clusterName={checked?.cluster.name ?? null} onChange={(values) => state.setValues(values, state.secrets)} onSecrets={(secrets) => state.setValues(state.values, secrets)} />
            </Suspense>
          </div>}
        </div></div>
        <aside className="stack sticky" aria-label="Check and values">
          <CheckCard clusters={state.clusters} checked={checked} takes={takes} refusal={state.refusal} valid={state.valid} checking={state.checking} />
          <Suspense fallback={<SkeletonCard />}>
            <ValuesPanel heading={`${item.kind} ${item.name} ${version}${plan ? `, plan ${plan.name}` : ''}`} base={state.base} values={state.values} secrets={state.secrets} secretPaths={form.secrets} errors={state.pathErrors} parts={item.kind === 'stack' ? item.members.map((each) => each.name) : undefined} onChange={state.setValues} />
          </Suspense>
        </aside>
      </form>
      <div className="paybar">
        <div className="grow">
          <b>{state.name || item.title}</b> <span className="dim">{plan ? `· ${plan.title}` : ''}{checked ? ` on ${checked.cluster.name}` : ''}
            {takes && <span className="extra"> · takes {cores(takes.cpu)}, {bytes(takes.memory)} memory{takes.storage > 0 ? `, ${bytes(takes.storage)} disk` : ''}</span>}</span>
          {state.blocked && <div className="small dim why-not break" id="why-not">{state.blocked}</div>}
        </div>
        <ButtonLink look="quiet" to="/o/$org/catalogue/$package" params={{ org, package: item.name }}>Cancel</ButtonLink>
        <Button type="submit" form="install" look="main" busy={state.installing} disabled={!mayChange || state.blocked !== null} aria-describedby={state.blocked ? 'why-not' : undefined}>Install</Button>
      </div>
    </>
  )
}
