/** The shapes the portal's API answers with, as the browser uses them. */

export type Role = 'owner' | 'member' | 'viewer'
export type VerdictName = 'healthy' | 'progressing' | 'degraded' | 'failed' | 'suspended' | 'unknown'
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Values = { [key: string]: Json }

export interface Page<T> {
  results: T[]
  next: string | null
  previous: string | null
}

/** What the API answers when it refuses: application/problem+json. */
export interface ProblemDetails {
  type?: string
  title: string
  status: number
  code: string
  detail: string
  fields?: Record<string, string[]>
  operation?: string
  next?: unknown[]
}

export interface Me {
  id: string
  email: string
  name: string
  is_staff: boolean
  organizations: { slug: string; name: string; role: Role }[]
}
export interface Session {
  user: Me | null
  csrf_token: string
  features: { loopback_clusters: boolean; insecure_tls: boolean; practice: boolean }
}
export interface ApiToken {
  id: string
  name: string
  prefix: string
  created_at: string
  expires_at: string | null
  last_used_at: string | null
}
export interface NewApiToken {
  id: string
  name: string
  token: string
  created_at: string
  expires_at: string | null
}
export interface Organization {
  id: string
  slug: string
  name: string
  role: Role
  created_at: string
}
export interface Member {
  id: string
  email: string
  name: string
  role: Role
  joined_at: string
}
export interface AuditEntry {
  id: string
  at: string
  actor: { email: string } | null
  action: string
  subject: { type: string; id: string; name: string }
  detail: unknown
}

export type OperationState =
  | 'queued' | 'running' | 'verifying' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled' | 'superseded'
export type StepState = 'pending' | 'running' | 'done' | 'failed' | 'skipped' | 'cancelled'
export interface Step {
  name: string
  title: string
  state: StepState
  started_at: string | null
  finished_at: string | null
  detail: string
}
export interface OperationWorkload {
  kind: string
  name: string
  ready: number
  desired: number
  state: string
  detail: string
}
export interface WayOut {
  action: 'retry' | 'change' | 'rollback' | 'uninstall' | 'replace_credential' | 'wait'
  title: string
  detail: string
}
export interface OperationProblem {
  code: string
  title: string
  detail: string
  whose: 'yours' | 'cluster' | 'package' | 'ours'
  cause: { kind: string; name: string; reason: string; message: string; log_tail: string[] } | null
  kept: string
  next: WayOut[]
}
export interface Operation<Result = unknown> {
  id: string
  kind: string
  state: OperationState
  subject: { type: 'service' | 'cluster' | 'none'; id: string | null; name: string }
  organization: string
  requested_by: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
  deadline_at: string | null
  attempt: number
  steps: Step[]
  workloads: OperationWorkload[]
  error: OperationProblem | null
  result: Result | null
  usual_seconds: number | null
  can_cancel: boolean
}
export interface OperationEvent {
  seq: number
  at: string
  step: string
  level: string
  event: 'step' | 'workload' | 'log' | 'state' | 'done'
  message: string
  data: unknown
}

export interface Finding {
  level: 'error' | 'warning' | 'note'
  code: string
  title: string
  detail: string
  fix: string
  field?: string | null
}
export interface Amounts {
  cpu: number
  memory: number
  pods?: number
  gpu?: number
  storage?: number
}
export interface ClusterNode {
  name: string
  zone: string
  ready: boolean
  roles: string[]
  allocatable: Amounts
  requested: Amounts
}
export interface StorageClass {
  name: string
  is_default: boolean
  expandable: boolean
  provisioner?: string
  binding?: string
}
export interface IngressClass {
  name: string
  is_default: boolean
}
export interface ClusterInventory {
  observed_at: string
  version: string
  platform: string
  nodes: ClusterNode[]
  totals: { allocatable: Amounts; requested: Amounts }
  largest_pod: { cpu: number; memory: number }
  storage_classes: StorageClass[]
  ingress_classes: IngressClass[]
  load_balancer: { supported: boolean | null; evidence: string }
  metrics_api: boolean
  snapshots: boolean
  namespaces: { name: string; pod_security: string }[]
}
export interface Cluster {
  id: string
  name: string
  organization: string
  is_practice: boolean
  server_host: string
  access: { mode: 'cluster' | 'namespace'; namespace: string | null; limits: string[] }
  state: 'registering' | 'registered' | 'removing' | 'failed'
  reachability: { reachable: boolean | null; since: string | null; checked_at: string | null; reason: string }
  credential: { kind: string; expires_at: string | null; renewed_at: string | null }
  inventory: ClusterInventory | null
  services_count: number
  operation: Operation | null
  created_at: string
}
export interface ClusterOptions {
  namespaces: { name: string; pod_security: string }[]
  storage_classes: StorageClass[]
  ingress_classes: IngressClass[]
}
export interface KubeconfigInspection {
  contexts: { name: string; cluster: string; user: string; namespace: string }[]
  current_context: string | null
  chosen: {
    server: string
    host: string
    ca_fingerprint: string | null
    credential: 'token' | 'client-certificate'
    expires_at?: string | null
  } | null
  dropped: string[]
  will_create: {
    namespace: string
    service_account: string
    rules: { api_groups: string[]; resources: string[]; verbs: string[]; why: string }[]
    manifest: string
  } | null
  findings: Finding[]
}
export interface PracticeSettings {
  fail: null | 'image_pull' | 'quota' | 'crash_loop' | 'slow' | 'unreachable'
  ready_seconds: number
}

export interface PackageCard {
  name: string
  title: string
  summary: string
  category: string
  icon_url: string
  version: string
  license: string
  installs: number
  plans: string[]
  provider: { slug: string; name: string }
}
export interface PackageList extends Page<PackageCard> {
  facets: { categories: { name: string; title: string; count: number }[] }
  did_you_mean: string | null
}
export interface Plan {
  name: string
  title: string
  summary: string
  recommended?: boolean
  requests: { cpu: number; memory: number; storage: number }
  values: Values
}
export interface Scaling {
  component: string
  title: string
  replicas: number
  minimum: number
  maximum: number
  allowed: number[] | null
  in: 'free' | 'refused'
  out: 'free' | 'refused'
  reason: string
}
export interface Package extends Omit<PackageCard, 'plans'> {
  plans: Plan[]
  versions: { version: string; app_version: string; published_at: string; digest: string }[]
  readme_html: string
  creates: string[]
  requires: Values
  links: { title: string; url: string }[]
  maintainer: string
  scaling: unknown[]
  endpoints: { name: string; port: number; scope: string; protocol: string }[]
}
export interface PackageForm {
  schema: Record<string, unknown>
  values: Values
  values_yaml: string
  plans: { name: string; values: Values }[]
  secrets: string[]
}
export interface NameCheck {
  suggested: string
  name: { available: boolean; reason?: string | null }
  namespace: { suggested: string; exists: boolean; reason?: string | null }
}
export interface PreflightResult {
  clusters: {
    cluster: { id: string; name: string; is_practice: boolean }
    verdict: 'fits' | 'risk' | 'no'
    findings: Finding[]
    requests: { cpu: number; memory: number; storage: number; pods: number } | null
  }[]
}

export interface Health {
  verdict: VerdictName
  reason: string
  since: string | null
  observed_at: string | null
  stale: boolean
}
export interface Service {
  id: string
  name: string
  organization: string
  cluster: { id: string; name: string; is_practice: boolean; reachable: boolean | null }
  namespace: string
  package: { name: string; title: string; icon_url: string }
  version: string
  plan: string
  desired: { version: string; plan: string; generation: number; replicas: Record<string, number> }
  operation: Operation | null
  health: Health
  scaling: Scaling[]
  update: { version: string } | null
  state: 'present' | 'uninstalled'
  data_kept: unknown[]
  created_at: string
  created_by: string | null
}
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
export interface ServiceValues {
  values: Values
  merged_yaml: string
  defaults: Values
  schema: Record<string, unknown>
  version: string
  plan: string
}
export interface Endpoint {
  name: string
  host: string
  port: number
  scope: 'inside' | 'outside'
  protocol: string
}
export interface Connection {
  endpoints: Endpoint[]
  credential_keys: string[]
  credentials: Record<string, string> | null
  snippets: { id: string; title: string; language: string; text: string }[]
  port_forward: string
}
export interface ServiceEvent {
  at: string
  kind: 'cluster' | 'health' | 'operation'
  level: string
  reason: string
  object: string
  message: string
  count: number
}
export interface Revision {
  revision: number
  at: string
  by: string | null
  kind: string
  version: string
  plan: string
  status: 'current' | 'superseded' | 'failed'
  operation_id: string | null
  summary: string
  can_roll_back: boolean
  reason?: string | null
}
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
export interface Provider {
  slug: string
  name: string
}
export interface ProviderPackage {
  package: { name: string; title: string; icon_url?: string }
  versions: { version: string; installs: number; health: Partial<Record<VerdictName, number>> }[]
  installs: number
  failed_operations: { cause_code: string; title: string; count: number; last_at: string; examples: string[] }[]
}
