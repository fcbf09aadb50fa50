import type { Cluster, ClusterInventory, KubeconfigInspection } from '../../../api/types'
import { abilities } from './abilities'
import { previewKubeconfig, refuseText, rightsByReason, suggestName } from './kubeconfig'
import { credentialLine, reach, reachSummary } from './reach'
import { cell, factsLine, largestPod, nodeShares, roomMeters, share } from './room'

const GiB = 1024 ** 3
const now = Date.parse('2026-11-21T14:20:00')
const inventory: ClusterInventory = {
  observed_at: '2026-11-21T14:19:00', version: '1.35.2', platform: 'EKS', nodes: [
    { name: 'n1', zone: 'a', ready: true, roles: [], allocatable: { cpu: 8, memory: 32 * GiB, pods: 58 }, requested: { cpu: 6.72, memory: 16 * GiB, pods: 20 } },
    { name: 'n2', zone: 'b', ready: true, roles: [], allocatable: { cpu: 8, memory: 32 * GiB, pods: 58 }, requested: { cpu: 0, memory: 0, pods: 0 } },
  ],
  totals: { allocatable: { cpu: 48, memory: 192 * GiB, pods: 348, gpu: 0 }, requested: { cpu: 31, memory: 118 * GiB, pods: 122, gpu: 0 } },
  largest_pod: { cpu: 5.5, memory: 22 * GiB },
  storage_classes: [{ name: 'gp3', is_default: true, expandable: true }, { name: 'io2', is_default: false, expandable: false }],
  ingress_classes: [], load_balancer: { supported: null, evidence: '' }, metrics_api: true, snapshots: false, namespaces: [],
}
const cluster = (over: Partial<Cluster['reachability']>, state: Cluster['state'] = 'registered') =>
  ({ state, reachability: { reachable: true, since: '2026-11-20T10:00:00', checked_at: null, reason: '', ...over } })

describe('room', () => {
  test('is what was asked for, of what there is', () => {
    expect(roomMeters(inventory.totals).map((meter) => [meter.title, meter.used, meter.free, meter.percent, meter.tight])).toEqual([
      ['CPU', '31 of 48 cores', '17 free', 64, false], ['Memory', '118 of 192 GiB', '74 GiB free', 61, false], ['Pods', '122 of 348', '226 free', 35, false],
    ])
  })
  test.each([[0, 10, 0], [0.01, 10, 1], [9.99, 10, 99], [10, 10, 100], [12, 10, 100], [1, 0, 0]])('%d of %d: %d percent, full only when full', (used, all, expected) => {
    expect(share(used, all)).toBe(expected)
  })
  test('a cell is short, and none without any', () => {
    expect(cell('memory', inventory.totals)).toEqual({ text: '118 of 192', percent: 61 })
    expect(cell('gpu', inventory.totals)).toBeNull()
  })
  test('the largest pod is said in words', () => {
    expect(largestPod(inventory.largest_pod)).toBe('The largest single pod that fits now: 5.5 cores and 22 GiB.')
    expect(largestPod({ cpu: 0, memory: GiB })).toBe('No further pod fits now.')
  })
  test('a node has its own shares', () => {
    const node = inventory.nodes[0]
    expect(node && nodeShares(node)).toEqual({ cpu: 84, memory: 50 })
  })
  test('the line of facts names what is known', () => {
    expect(factsLine({ inventory, server_host: 'k8s.example', is_practice: false })).toBe('EKS · 1.35.2 · 2 nodes')
    expect(factsLine({ inventory: null, server_host: 'k8s.example', is_practice: false })).toBe('k8s.example')
    expect(factsLine({ inventory, server_host: '', is_practice: true })).toBe('Simulated · 1.35.2 · 2 nodes')
  })
})

describe('reach', () => {
  test.each([
    ['answers', cluster({}), { verdict: 'healthy', word: 'Answers', since: 'since 20 Nov' }],
    ['is silent', cluster({ reachable: false, since: '2026-11-21T14:02:00' }), { verdict: 'unknown', word: 'Silent', since: 'since 14:02, 18 min' }],
    ['is new', cluster({ reachable: null, since: null }), { verdict: 'unknown', word: 'Not checked yet', since: '' }],
    ['connects', cluster({}, 'registering'), { verdict: 'progressing', word: 'Connecting', since: '' }],
    ['failed', cluster({}, 'failed'), { verdict: 'failed', word: 'Not connected', since: '' }],
  ])('a cluster that %s', (_, given, expected) => {
    expect(reach(given, now)).toEqual(expected)
  })
  test.each([
    [[cluster({})], '1 cluster, it answers.'],
    [[cluster({}), cluster({})], '2 clusters, all of them answer.'],
    [[cluster({}), cluster({ reachable: false })], '2 clusters, 1 of them answers. Services on a silent cluster keep running; we cannot see or change them.'],
    [[cluster({ reachable: null })], '1 cluster, it does not answer.'],
  ])('the summary of %#', (given, expected) => {
    expect(reachSummary(given)).toBe(expected)
  })
  test('the credential says how long it is good', () => {
    expect(credentialLine({ kind: 'token', renewed_at: '2026-11-21T02:10:00', expires_at: '2026-11-22T02:20:00' }, now)).toBe('renewed 02:10, good for 12 h')
    expect(credentialLine({ kind: 'token', renewed_at: null, expires_at: '2026-11-21T02:10:00' }, now)).toBe('expired')
    expect(credentialLine({ kind: 'token', renewed_at: null, expires_at: null }, now)).toBe('does not expire')
  })
})

test('abilities say what follows from what is missing', () => {
  expect(abilities(inventory).map((ability) => [ability.able, ability.text, ability.detail])).toEqual([
    [true, 'Volumes that grow', 'gp3 (default)'], [false, 'Load balancers not seen', 'Nobody has asked this cluster for one yet'],
    [false, 'No ingress class', 'Web services are reached by port-forward'], [true, '2 zones', ''], [false, 'No snapshots', ''],
    [true, 'Use of CPU and memory is measured', ''], [false, 'No GPU', 'GPU services do not fit here'],
  ])
})

describe('kubeconfig', () => {
  const read: KubeconfigInspection = {
    contexts: [{ name: 'admin@prod-eu', cluster: 'prod-eu', user: 'admin', namespace: '' }, { name: 'ci', cluster: 'Staging.EU', user: 'bot', namespace: 'ci' }],
    current_context: 'admin@prod-eu',
    chosen: { server: 'https://k8s.eu.example:6443', host: 'k8s.eu.example', ca_fingerprint: null, credential: 'client-certificate' },
    dropped: ['preferences'], will_create: null, findings: [],
  }
  test('the current context is chosen until another is', () => {
    expect(previewKubeconfig(read, null).contexts.map((context) => [context.name, context.chosen])).toEqual([['admin@prod-eu', true], ['ci', false]])
    expect(previewKubeconfig(read, 'ci').contexts.map((context) => [context.detail, context.chosen])).toEqual([
      ['cluster prod-eu, user admin', false], ['cluster Staging.EU, user bot, namespace ci', true],
    ])
  })
  test('what was read is one sentence', () => {
    expect(previewKubeconfig(read, null).sentence).toBe('Read: server k8s.eu.example, user admin, by client certificate. Left out: preferences.')
  })
  test('a refusal keeps the button off; a remark does not', () => {
    const finding = { code: 'kubeconfig.exec_not_allowed', title: 'Commands are refused', detail: '', fix: '' }
    expect(previewKubeconfig({ ...read, findings: [{ ...finding, level: 'error' }] }, null)).toMatchObject({ canConnect: false, refused: [{ code: 'kubeconfig.exec_not_allowed' }] })
    expect(previewKubeconfig({ ...read, findings: [{ ...finding, level: 'warning' }] }, null).canConnect).toBe(true)
    expect(previewKubeconfig({ ...read, chosen: null }, null).canConnect).toBe(false)
  })
  test.each([[null, 'prod-eu'], ['ci', 'staging-eu']])('a name is suggested for context %s', (context, expected) => {
    expect(suggestName(read, context)).toBe(expected)
  })
  test('more than 1 MiB is not even sent', () => {
    expect(refuseText('a'.repeat(1024 * 1024))).toBeNull()
    expect(refuseText('a'.repeat(1024 * 1024 + 1))).toContain('larger than 1 MiB')
  })
  test('rights are grouped by what they are for', () => {
    expect(rightsByReason([
      { why: 'See room', resources: ['nodes'], verbs: ['get', 'list'] }, { why: 'Run services', resources: ['pods'], verbs: ['*'] }, { why: 'See room', resources: ['pods'], verbs: ['list'] },
    ])).toEqual([{ why: 'See room', what: ['nodes: get, list', 'pods: list'] }, { why: 'Run services', what: ['pods: *'] }])
  })
})
