/** The shapes of the API by their short names: generated ones, and the few the description leaves open. */
import type { components } from './generated'

type Schemas = components['schemas']

/** Fields the browser can do without: an older portal may leave them out. */
type Loose<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Values = { [key: string]: Json }

export type Role = Schemas['RoleEnum']
export type VerdictName = Schemas['VerdictEnum']
export type OperationState = Schemas['OperationStateEnum']
export type StepState = Schemas['StepStateEnum']

export interface Page<T> {
  results: T[]
  next: string | null
  previous: string | null
}

/** What the API answers when it refuses: application/problem+json. */
export type ProblemDetails = Omit<Schemas['Problem'], 'type'> & { type?: string }

export type Me = Schemas['Me']
export type Session = Schemas['Session']
export type ApiToken = Schemas['Token']
export type NewApiToken = Schemas['NewToken']
export type Organization = Schemas['Organization']
export type Member = Schemas['Member']
export type AuditEntry = Omit<Schemas['Audit'], 'detail'> & { detail: unknown }

export type Step = Loose<Schemas['Step'], 'operation'>
export type OperationWorkload = Schemas['WorkloadRow']
export type WayOut = Schemas['Way']
export type OperationProblem = Schemas['OperationError']
export type Operation<Result = unknown> = Omit<Loose<Schemas['Operation'], 'parent'>, 'result' | 'steps'> & { result: Result | null; steps: Step[] }
export interface OperationEvent {
  seq: number
  at: string
  step: string
  level: string
  event: 'step' | 'workload' | 'log' | 'state' | 'done'
  message: string
  data: unknown
}

export type Finding = Schemas['Finding']
/** Cores, bytes, pieces. */
export interface Amounts {
  cpu: number
  memory: number
  pods?: number
  gpu?: number
  storage?: number
}
export type ClusterNode = Loose<Omit<Schemas['Node'], 'allocatable' | 'requested'>, 'unschedulable'> & { allocatable: Amounts; requested: Amounts | null }
export type StorageClass = Loose<Schemas['StorageClass'], 'provisioner' | 'binding'>
export type IngressClass = Schemas['IngressClass']
export type ClusterInventory = Loose<Omit<Schemas['Inventory'], 'nodes' | 'totals' | 'largest_pod' | 'storage_classes'>, 'unseen'> & {
  nodes: ClusterNode[]
  totals: { allocatable: Amounts; requested: Amounts | null } | null
  largest_pod: { cpu: number; memory: number; node?: string } | null
  storage_classes: StorageClass[]
}
export type Cluster = Loose<Omit<Schemas['Cluster'], 'reachability' | 'inventory'>, 'insecure_tls'> & {
  reachability: Loose<Schemas['Reachability'], 'code'>
  inventory: ClusterInventory | null
}
export type Bindable = Schemas['Bindable']
export type ClusterOptions = Schemas['Options']
export type KubeconfigInspection = Omit<Schemas['Inspect'], 'contexts' | 'chosen' | 'will_create'> & {
  contexts: Loose<Schemas['Context'], 'server'>[]
  chosen: Loose<Schemas['Chosen'], 'context' | 'namespace' | 'expires_at'> | null
  will_create: (Loose<Omit<Schemas['WillCreate'], 'rules'>, 'mode'> & { rules: Loose<Schemas['Rule'], 'resource_names'>[] }) | null
}
export type PracticeSettings = Schemas['PracticeSettings']

export type PackageCard = Loose<Schemas['PackageCard'], 'app_version'>
export type PackageList = Omit<Schemas['PackageCardPage'], 'results'> & { results: PackageCard[] }
export type Plan = Omit<Schemas['Plan'], 'values'> & { values: Values }
export type Package = Omit<Schemas['Package'], 'plans' | 'requires'> & { plans: Plan[]; requires: Values }
export interface PackageForm {
  schema: Record<string, unknown>
  values: Values
  values_yaml: string
  plans: { name: string; values: Values }[]
  secrets: string[]
}
export type NameCheck = Schemas['Names']
export interface PreflightResult {
  clusters: {
    cluster: { id: string; name: string; is_practice: boolean }
    verdict: 'fits' | 'risk' | 'no'
    findings: Finding[]
    requests: { cpu: number; memory: number; storage: number; pods: number } | null
  }[]
}

export type Stack = Omit<Schemas['Stack'], 'operation'> & { operation: Operation | null }
export type StackMember = Schemas['StackMember']
export type PackageMember = Schemas['PackageMember']
export type Health = Loose<Schemas['Health'], 'code'>
export type Scaling = Schemas['Scaling']
export type Cost = Schemas['Cost']
export type Procedure = Schemas['Procedure']
export type ServiceNode = Schemas['ServiceNode']
export type Service = Omit<Loose<Schemas['Service'], 'stack' | 'bound_to' | 'bound_by' | 'costs'>, 'health' | 'operation'> & { health: Health; operation: Operation | null }
export interface PlanResult {
  changes: {
    object: { kind: string; name: string; namespace: string }
    action: 'create' | 'change' | 'delete' | 'replace'
    diff: string
    effect: string
    severity: 'none' | 'restart' | 'data'
  }[]
  refusals: { code: string; detail: string; way: string }[]
  summary: string
}
export type ServiceValues = Omit<Schemas['Values'], 'values' | 'defaults'> & { values: Values; defaults: Values }
export type Endpoint = Schemas['Endpoint']
export type Connection = Omit<Schemas['Connect'], 'credentials'> & { credentials: Record<string, string> | null }
export type ServiceEvent = Schemas['ServiceEvent']
export type Revision = Omit<Schemas['Revision'], 'status'> & { status: 'current' | 'superseded' | 'failed'; reason?: string | null }
export interface Pod {
  name: string
  phase: string
  ready: boolean
  node: string
  zone: string
  restarts: number
  reason: string
  message: string
  started_at: string | null
}
export interface ServiceObjects {
  observed_at: string | null
  workloads: {
    kind: string
    name: string
    component: string
    title: string
    ready: number
    desired: number
    verdict: VerdictName
    reason: string
    pods: Pod[]
  }[]
  claims: { name: string; phase: string; size: string; storage_class: string }[]
  others: { kind: string; name: string }[]
}
export interface Attention {
  kind: string
  title: string
  detail: string
  since: string | null
  service?: { id: string; name: string } | null
  cluster?: { id: string; name: string } | null
  operation?: string | null
  action: { label: string; href: string }
}
export interface Overview {
  needs_attention: Attention[]
  counts: Record<VerdictName, number>
  recent: Operation[]
}
export type Provider = Pick<Schemas['Provider'], 'slug' | 'name'>
export interface ProviderPackage {
  package: { name: string; title: string; icon_url?: string }
  versions: { version: string; installs: number; health: Partial<Record<VerdictName, number>> }[]
  installs: number
  failed_operations: { cause_code: string; title: string; count: number; last_at: string; examples: string[] }[]
}
