import type { Connection, Operation, PlanResult, Pod, Scaling, ServiceObjects } from '../../../api/types'
import { changeRequest, draftOf } from './change'
import { credentialOrder, credentialTitle, endpointLines, snippets } from './connect'
import { eventLine, filterEvents } from './events'
import { askedFor, seen } from './facts'
import { doingNow, latelyLine } from './lately'
import { isMask, withDots, withoutMasks } from '../../../lib/form/masks'
import { summarizePlan } from './plan-summary'
import { choices, limitSentence, sizes } from './scaling'
import { groups, spread } from './topology'

const now = Date.parse('2026-11-21T14:20:00')
const scaling = (over: Partial<Scaling> = {}): Scaling => ({ component: 'broker', title: 'Brokers', replicas: 3, minimum: 1, maximum: 5, allowed: [1, 3, 5], in: 'free', out: 'free', reason: '', ...over })

describe('asked for', () => {
  test('is the plan and the size, with the update that waits', () => {
    const service = {
      desired: { version: '2.4.0', plan: 'standard', generation: 1, replicas: { broker: 3 } }, scaling: [scaling()], package: { name: 'kafka', title: 'Kafka', icon_url: '' }, update: { version: '2.4.1' }, server_version: '4.3.1',
    }
    expect(askedFor(service)).toEqual({ big: 'Standard, 3 brokers', small: 'Kafka 4.3.1, package 2.4.0. Package 2.4.1 is available' })
    expect(askedFor({ ...service, server_version: '', update: null }).small).toBe('Kafka 2.4.0')
    expect(askedFor({ ...service, desired: { ...service.desired, plan: '', replicas: { broker: 1 } }, update: null }).big).toBe('Own values, 1 broker')
    const copies = { ...service, scaling: [scaling({ title: 'Copies of each version' })], update: null }
    expect(askedFor(copies).big).toBe('Standard, 3 copies of each version')
    expect(askedFor({ ...copies, desired: { ...service.desired, replicas: { broker: 1 } } }).big).toBe('Standard, 1 copy of each version')
  })
})

describe('seen', () => {
  const cluster = { id: 'c1', name: 'plant-ham', is_practice: false, reachable: false }
  test('a stale verdict is a memory', () => {
    expect(seen({ health: { verdict: 'healthy', reason: 'All serve.', since: null, observed_at: '2026-11-21T14:02:00', stale: true }, cluster, state: 'present' }, now)).toEqual({
      verdict: 'unknown', since: 'since 14:02', text: 'plant-ham is silent. It was healthy at 14:02; it probably still runs.',
    })
  })
  test('a fresh one is as the watcher says', () => {
    expect(seen({ health: { verdict: 'degraded', reason: 'Disk 91 % full.', since: '2026-11-21T13:48:00', observed_at: null, stale: false }, cluster, state: 'present' }, now)).toEqual({
      verdict: 'degraded', since: 'since 13:48', text: 'Disk 91 % full.',
    })
  })
  test('one that is uninstalled is stopped on purpose, not unknown', () => {
    expect(seen({ health: { verdict: 'unknown', reason: '', since: null, observed_at: null, stale: false }, cluster, state: 'uninstalled' }, now).verdict).toBe('suspended')
  })
})

describe('topology', () => {
  const pod = (over: Partial<Pod>): Pod => ({ name: 'broker-0', phase: 'Running', ready: true, node: 'n1', zone: 'a', restarts: 0, reason: '', message: '', started_at: null, ...over })
  const objects = (pods: Pod[]): Pick<ServiceObjects, 'workloads'> => ({ workloads: [{ kind: 'StatefulSet', name: 'orders', component: 'broker', title: 'Broker', ready: 1, desired: 2, verdict: 'progressing', reason: '1 of 2 ready', pods }] })
  test.each([
    ['ready', pod({}), 'healthy', 'node n1 · a'],
    ['starting', pod({ ready: false, phase: 'Pending', node: '', zone: '', reason: 'ContainerCreating' }), 'progressing', 'ContainerCreating · not on a node yet'],
    ['without its image', pod({ ready: false, phase: 'Pending', reason: 'ImagePullBackOff', message: 'image x not found' }), 'failed', 'image x not found · node n1 · a'],
    ['finished', pod({ ready: false, phase: 'Succeeded' }), 'healthy', 'node n1 · a'],
    ['restarted', pod({ restarts: 2 }), 'healthy', 'node n1 · a · 2 restarts'],
    ['on a lost node', pod({ ready: false, phase: 'Unknown' }), 'unknown', 'node n1 · a'],
  ])('a pod that is %s', (_, given, verdict, detail) => {
    expect(groups(objects([given]))[0]?.pods[0]).toMatchObject({ verdict, detail })
  })
  test('a workload whose pods have all ended is done', () => {
    const ended = pod({ ready: false, phase: 'Succeeded' })
    expect(groups(objects([ended]))[0]?.count).toBe('done')
    expect(groups(objects([ended, pod({})]))[0]?.count).toBe('1 of 2 ready')
  })
  test('a group bears the title of the package, else its component, else the name of its workload', () => {
    const named = (over: Partial<ServiceObjects['workloads'][number]>) => groups({ workloads: [{ ...objects([]).workloads[0]!, ...over }] })[0]?.title
    expect([named({}), named({ title: '' }), named({ title: '', component: '' })]).toEqual(['Broker', 'Broker', 'orders'])
  })
  test('pods are ordered by zone, then by number', () => {
    const order = groups(objects([pod({ name: 'b-10', zone: 'a' }), pod({ name: 'b-2', zone: 'a' }), pod({ name: 'b-1', zone: 'b' })]))[0]?.pods.map((tile) => tile.name)
    expect(order).toEqual(['b-2', 'b-10', 'b-1'])
  })
  test.each([
    [[], 'no pods'], [[pod({ node: '', zone: '' })], '1 pod'], [[pod({}), pod({ node: 'n2' })], '2 pods on 2 nodes'], [[pod({}), pod({ node: 'n2', zone: 'b' })], '2 pods on 2 nodes in 2 zones'],
    [[pod({}), pod({ node: 'n2', ready: false, phase: 'Succeeded' })], '1 pod on 1 node'],
  ])('the spread of %#', (pods, expected) => {
    expect(spread(objects(pods))).toBe(expected)
  })
})

describe('the plan of a change', () => {
  const change = (over: Partial<PlanResult['changes'][number]>): PlanResult['changes'][number] => ({ object: { kind: 'ConfigMap', name: 'a', namespace: 'n' }, action: 'change', diff: '-a\n+b', effect: 'Settings change', severity: 'none', ...over })
  test('shows what hurts first', () => {
    const summary = summarizePlan({ changes: [change({}), change({ object: { kind: 'StatefulSet', name: 'db', namespace: 'n' }, severity: 'restart' }), change({ object: { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'n' }, severity: 'data', action: 'delete' })], refusals: [], summary: '' })
    expect(summary).toMatchObject({ kind: 'changes', headline: '3 objects change', restarts: 1, touchesData: true })
    expect(summary.rows.map((row) => `${row.action} ${row.what}`)).toEqual(['Deleted PersistentVolumeClaim data', 'Changed StatefulSet db', 'Changed ConfigMap a'])
  })
  test('a refusal wins over the changes', () => {
    expect(summarizePlan({ changes: [change({})], refusals: [{ code: 'guard.same_major', detail: '17 to 18 needs a dump', way: 'Install a new one' }], summary: '' })).toMatchObject({ kind: 'refused', headline: 'This cannot be changed' })
  })
  test('nothing to do says so', () => {
    expect(summarizePlan({ changes: [], refusals: [], summary: '' })).toMatchObject({ kind: 'nothing', headline: 'Nothing would change' })
  })
})

describe('scaling', () => {
  test('goes over the sizes the package allows', () => {
    expect(sizes(scaling())).toEqual([1, 3, 5])
    expect(sizes(scaling({ allowed: null, minimum: 2, maximum: 4 }))).toEqual([2, 3, 4])
  })
  test('leaves out a direction that is refused, with the reason', () => {
    const part = scaling({ in: 'refused', reason: 'Brokers hold data.' })
    expect(choices(part)).toEqual([3, 5])
    expect(limitSentence(part)).toBe('Brokers hold data.')
  })
  test.each([[scaling(), ''], [scaling({ replicas: 5 }), 'The package allows at most 5.'], [scaling({ replicas: 1 }), '']])('the limit of %#', (part, expected) => {
    expect(limitSentence(part)).toBe(expected)
  })
  test('the limit is that of the size that is chosen', () => {
    const only = scaling({ replicas: 1, minimum: 0, maximum: 1, allowed: [0, 1] })
    expect([1, 0].map((n) => limitSentence(only, n))).toEqual(['The package allows at most 1.', ''])
    expect(limitSentence(scaling(), 5)).toBe('The package allows at most 5.')
  })
})

describe('connect', () => {
  const connection: Pick<Connection, 'endpoints' | 'snippets' | 'port_forward'> = {
    endpoints: [{ name: 'postgresql', host: 'db.ns.svc', port: 5432, scope: 'inside', protocol: 'tcp' }, { name: 'postgresql', host: '2001:db8::1', port: 5432, scope: 'outside', protocol: 'tcp' }],
    snippets: [{ id: 'psql', title: 'psql', language: 'shell', text: 'psql' }, { id: 'empty', title: 'Empty', language: 'shell', text: ' ' }], port_forward: 'kubectl port-forward svc/db 5432',
  }
  test('addresses say from where they work', () => {
    expect(endpointLines(connection.endpoints, 'prod-eu').map((line) => `${line.title}: ${line.address}`)).toEqual(['Address, inside prod-eu: db.ns.svc:5432', 'Address, from outside: [2001:db8::1]:5432'])
  })
  test('the port-forward comes last, once', () => {
    expect(snippets(connection).map((snippet) => snippet.id)).toEqual(['psql', 'port-forward'])
    expect(snippets({ snippets: [{ id: 'port-forward', title: 'x', language: 'shell', text: 'y' }], port_forward: 'z' })).toHaveLength(1)
  })
  test('credentials are in the order people type them, in words', () => {
    expect(credentialOrder(['uri', 'type', 'password', 'ca.crt', 'username', 'provider'])).toEqual(['username', 'password', 'uri', 'ca.crt'])
    expect(['uri', 'ca.crt', 'replication_password'].map(credentialTitle)).toEqual(['Connection string', 'Certificate', 'Replication password'])
  })
})

describe('secrets in values', () => {
  const values = { auth: { password: { $secret: true }, username: 'app' }, extra: { token: { $secret: true } }, replicas: 3 }
  test('a mark is never sent back', () => {
    expect(withoutMasks(values)).toEqual({ auth: { username: 'app' }, replicas: 3 })
    expect(isMask({ $secret: true })).toBe(true)
    expect(isMask('••••')).toBe(false)
  })
  test('a mark is shown as dots', () => {
    expect(withDots(values)).toEqual({ auth: { password: '••••', username: 'app' }, extra: { token: '••••' }, replicas: 3 })
  })
  test('a change sends only what differs, the whole difference of the user, and typed secrets', () => {
    const at = { values, plan: 'small', version: '1.0.0' }
    const draft = draftOf(at)
    expect(changeRequest(at, draft)).toBeNull()
    expect(changeRequest(at, { ...draft, plan: 'large' })).toEqual({ plan: 'large' })
    expect(changeRequest(at, { ...draft, values: { ...draft.values, replicas: 5 } })).toEqual({ values: { auth: { username: 'app' }, replicas: 5 } })
    expect(changeRequest(at, { ...draft, secrets: { 'auth.password': 'new' } })).toEqual({ values: { auth: { username: 'app', password: 'new' }, replicas: 3 } })
  })
})

test('events: newest first, of one kind', () => {
  const event = (at: string, kind: 'cluster' | 'health') => ({ at, kind, level: 'info', reason: '', object: '', message: '', count: 1 })
  const events = [event('2026-11-21T10:00:00Z', 'cluster'), event('2026-11-21T12:00:00Z', 'health'), event('2026-11-21T11:00:00Z', 'cluster')]
  expect(filterEvents(events, 'cluster').map((each) => each.at)).toEqual(['2026-11-21T11:00:00Z', '2026-11-21T10:00:00Z'])
})

test.each([
  ['an operation that went well', { kind: 'operation', level: 'info', reason: 'install', object: 'operation/o1', message: 'succeeded' }, { text: 'Install done', verdict: 'healthy', operation: 'o1' }],
  ['an operation that was stopped', { kind: 'operation', level: 'info', reason: 'install', object: 'operation/o3', message: 'Cancelled' }, { text: 'Install stopped', verdict: null }],
  ['an operation that failed, with its cause', { kind: 'operation', level: 'error', reason: 'change', object: 'operation/o2', message: 'The quota is used up' }, { text: 'Change: The quota is used up', verdict: 'failed', operation: 'o2' }],
  ['a change of health', { kind: 'health', level: 'info', reason: 'healthy', object: '', message: '1 pod ready.' }, { text: '1 pod ready.', verdict: 'healthy', detail: '' }],
  ['the cluster\'s warning', { kind: 'cluster', level: 'Warning', reason: 'BackOff', object: 'Pod db-0', message: 'Back-off' }, { text: 'Back-off', verdict: 'degraded', detail: 'BackOff · Pod db-0' }],
] as const)('%s in words', (_, event, expected) => {
  expect(eventLine(event)).toMatchObject(expected)
})

test('lately: past sentences', () => {
  const operation = (kind: string, state: Operation['state'], title?: string) => ({ kind, state, error: title ? { title } : null }) as Operation
  expect(latelyLine(operation('scale', 'succeeded'))).toMatchObject({ text: 'Scaled', icon: 'scale' })
  expect(latelyLine(operation('install', 'failed', 'No node has room'))).toMatchObject({ text: 'Install failed', detail: 'No node has room' })
  expect(doingNow(operation('change', 'failed', 'Quota used up'))).toEqual({ big: 'Nothing', small: 'Last: change failed, Quota used up' })
  expect(doingNow(operation('change', 'running'))).toEqual({ big: 'Change under way', small: '' })
  expect(doingNow(null)).toEqual({ big: 'Nothing', small: '' })
})
