/** The state of the install page: choices, checks of name and clusters, values, and the click. */
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import { asProblem, newIdempotencyKey } from '../../api/client'
import type { Bindable, ClusterOptions, NameCheck, Package, PackageForm, Plan, PreflightResult, Values } from '../../api/types'
import { bindableQuery } from '../../lib/bindable'
import { clusterOptionsQuery } from '../../lib/cluster-options'
import { takesBindings } from '../../lib/form/fields'
import { withSecrets, type SecretValues } from '../../lib/form/secrets'
import { validateValues, type FieldErrors } from '../../lib/form/validate'
import { mergeValues, prune } from '../../lib/form/values'
import { preflightQuery, valuesRefusal } from '../../lib/preflight'
import { useInstall } from './api/install'
import { nameCheckQuery } from './api/name-check'
import { chooseCluster, choosePlan } from './rules/choice'
import { serverErrors, type Draft } from './rules/draft'
import { refusalAtField } from './rules/refusal'
import { forgetDraft } from './use-draft'

type Checked = PreflightResult['clusters'][number]

export interface InstallFormState {
  name: string
  namespace: string
  plan: Plan | null
  base: Values
  values: Values
  /** Members of a stack that are left out. */
  without: string[]
  secrets: SecretValues
  clusters: Checked[] | undefined
  checked: Checked | null
  /** What the chart says against the values, of the last that were asked about; null while the form itself says what is wrong. */
  refusal: string | null
  /** False while the form itself says what is wrong. */
  valid: boolean
  /** What it would take of the cluster; null while that is not known. */
  takes: Checked['requests']
  checking: boolean
  checkError: string | null
  nameCheck: NameCheck | undefined
  nameChecking: boolean
  options: ClusterOptions | null
  bindable: Bindable[] | null
  fieldErrors: FieldErrors
  /** The same without what the chart says, which names its value itself. */
  pathErrors: FieldErrors
  ownErrors: Record<string, string[]>
  problem: unknown
  installing: boolean
  /** Why the button cannot be pressed; null when it can. */
  blocked: string | null
  setName: (name: string) => void
  setNamespace: (namespace: string) => void
  setVersion: (version: string) => void
  setPlan: (plan: string) => void
  setCluster: (cluster: string) => void
  setValues: (values: Values, secrets: SecretValues) => void
  setWithout: (members: string[]) => void
  checkAgain: () => void
  submit: () => void
}

export function useInstallForm({ org, item, form, version, draftId, draft, setDraft }: {
  org: string
  item: Package
  form: PackageForm
  version: string
  /** What the draft is stored under. */
  draftId: string
  draft: Draft
  setDraft: (change: Partial<Draft>) => void
}): InstallFormState {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const install = useInstall(org)
  const [secrets, setSecrets] = useState<SecretValues>({})
  const key = useRef(newIdempotencyKey())
  const changed = (part: Partial<Draft>) => {
    key.current = newIdempotencyKey()
    if (install.error) install.reset()
    setDraft(part)
  }

  const plan = choosePlan(draft.plan, item.plans)
  const planValues = form.plans.find((each) => each.name === plan?.name)?.values ?? plan?.values ?? {}
  const base = useMemo(() => mergeValues(form.values, planValues), [form, planValues])
  const values = useMemo(() => prune(base, draft.values), [base, draft.values])
  const binds = useMemo(() => takesBindings(form.schema), [form.schema])
  const isStack = item.kind === 'stack'
  const without = item.members.filter((each) => each.optional && draft.without.includes(each.name)).map((each) => each.name)

  // Names are free or taken on a cluster: the one that is chosen, by the user or for them.
  const [chosen, setChosen] = useState(draft.cluster)
  const [typed] = useDebouncedValue(draft.name, 300)
  const [space] = useDebouncedValue(draft.namespace, 300)
  const names = useQuery(nameCheckQuery(org, {
    package: item.name, ...(typed ? { name: typed } : {}), ...(chosen ? { cluster: chosen } : {}), ...(space ? { namespace: space } : {}),
  }))
  const name = draft.name ?? names.data?.suggested ?? ''
  const namespace = draft.namespace ?? names.data?.namespace.suggested ?? ''

  const question = { package: item.name, version, plan: plan?.name, values, name, namespace: draft.namespace || undefined, ...(without.length ? { without } : {}) }
  const [asked] = useDebouncedValue(question, 400)
  const errors = useMemo(() => validateValues(form.schema, mergeValues(base, withSecrets(values, secrets))), [form, base, values, secrets])
  const valid = Object.keys(errors).length === 0
  const [lastValid, setLastValid] = useState(asked)
  if (valid && asked.name !== '' && JSON.stringify(asked) !== JSON.stringify(lastValid)) setLastValid(asked)
  const preflight = preflightQuery(org, lastValid.name ? lastValid : null)
  const check = useQuery(preflight)
  const checking = check.isFetching || JSON.stringify(question) !== JSON.stringify(asked)
  const clusters = check.data?.clusters
  const fitting = clusters ? chooseCluster(draft.cluster, clusters) : null
  // The one that did fit is meant still, and so is an only one: what can be chosen there stays, and a name taken there is said at its field.
  const before = clusters?.find(({ cluster }) => cluster.id === chosen || cluster.name === chosen)
  const meant = fitting ?? before ?? (clusters?.length === 1 ? clusters[0] ?? null : null)
  if (meant && meant.cluster.id !== chosen) setChosen(meant.cluster.id)
  const options = useQuery(clusterOptionsQuery(meant?.cluster.id ?? null)).data ?? null
  const bindable = useQuery(bindableQuery(org, binds ? meant?.cluster.id ?? null : null, namespace)).data ?? null
  const refused = meant ? valuesRefusal(meant.findings) : undefined
  const refusal = refused && valid ? refused.detail || refused.title : null

  const problem = install.error ? asProblem(install.error) : null
  const fromServer = serverErrors(problem?.fields ?? {})
  const onFields = problem !== null && Object.keys(problem.fields).length > 0
  const fromChart = useMemo(() => (refusal ? refusalAtField(refusal, form.schema, mergeValues(base, values)) : {}), [refusal, form, base, values])
  const pathErrors = { ...errors, ...fromServer.values }
  const nameFree = draft.name === '' ? false : names.data?.name.available !== false

  const blocked = ((): string | null => {
    if (!valid) return 'Some values need a look first.'
    if (name === '') return draft.name === '' ? 'A name is needed.' : 'A name is being suggested…'
    if (!nameFree) return names.data?.name.reason ?? 'This name cannot be used.'
    if (names.data?.namespace.reason) return names.data.namespace.reason
    if (check.error && !clusters) return 'Your clusters could not be checked.'
    if (!clusters) return 'Your clusters are being checked…'
    if (refusal) return checking ? 'Your values are being checked…' : `A value needs a look: ${refusal}`
    if (!fitting) return clusters.length === 0 ? 'Connect a cluster first.' : 'It fits on none of your clusters. Each says above what to do.'
    return null
  })()

  const submit = () => {
    if (blocked !== null || !fitting || !plan) {
      document.querySelector<HTMLElement>('#install [aria-invalid="true"]')?.focus()
      return
    }
    install.mutate({
      key: key.current,
      request: { ...(isStack ? { stack: item.name, without } : { package: item.name }), version, plan: plan.name, name, cluster: fitting.cluster.id, ...(namespace ? { namespace } : {}), values: withSecrets(values, secrets) },
    }, {
      onSuccess: (operation) => {
        forgetDraft(draftId)
        void navigate({ to: '/o/$org/operations/$id', params: { org, id: operation.id } })
      },
      onError: () => requestAnimationFrame(() => document.querySelector<HTMLElement>('#install [aria-invalid="true"]')?.focus()),
    })
  }

  return {
    name, namespace, plan, base, values, without, secrets, clusters, checked: meant, refusal, valid, takes: meant?.requests?.pods ? meant.requests : null, checking,
    checkError: check.error ? `${asProblem(check.error).title}.` : null,
    nameCheck: names.data, nameChecking: names.isFetching || draft.name !== typed, options, bindable,
    fieldErrors: { ...fromChart, ...pathErrors }, pathErrors, ownErrors: fromServer.own,
    problem: problem && !(onFields && Object.keys(fromServer.values).length + Object.keys(fromServer.own).filter((path) => path === 'name' || path === 'namespace').length === Object.keys(problem.fields).length) ? problem : null,
    installing: install.isPending || install.isSuccess, blocked,
    setName: (next) => changed({ name: next }),
    setNamespace: (next) => changed({ namespace: next }),
    setVersion: (next) => changed({ version: next }),
    setPlan: (next) => changed({ plan: next }),
    setCluster: (next) => changed({ cluster: next }),
    setValues: (next, nextSecrets) => { setSecrets(nextSecrets); changed({ values: next }) },
    setWithout: (next) => changed({ without: next }),
    // A first question that is still being answered is asked anew only once it is given up.
    checkAgain: () => { void queryClient.cancelQueries({ queryKey: preflight.queryKey }).then(() => check.refetch()); void names.refetch() },
    submit,
  }
}
