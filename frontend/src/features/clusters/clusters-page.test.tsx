import { screen, waitFor, within } from '@testing-library/react'
import type { Cluster, KubeconfigInspection } from '../../api/types'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem } from '../../test/server'

const GiB = 1024 ** 3
const cluster: Cluster = {
  id: 'c1', name: 'prod-eu', organization: 'tern', is_practice: false, server_host: 'k8s.example', access: { mode: 'cluster', namespace: null, limits: [] }, state: 'registered',
  reachability: { reachable: true, since: '2026-11-01T00:00:00Z', checked_at: null, reason: '' }, credential: { kind: 'token', expires_at: null, renewed_at: null }, services_count: 2, operation: null, created_at: '2026-11-01T00:00:00Z',
  inventory: {
    observed_at: '2026-11-21T14:00:00Z', version: '1.35.2', platform: 'EKS', nodes: [{ name: 'n1', zone: 'a', ready: true, roles: [], allocatable: { cpu: 8, memory: 32 * GiB }, requested: { cpu: 7, memory: 8 * GiB } }],
    totals: { allocatable: { cpu: 8, memory: 32 * GiB }, requested: { cpu: 7, memory: 8 * GiB } }, largest_pod: { cpu: 1, memory: 24 * GiB }, storage_classes: [], ingress_classes: [],
    load_balancer: { supported: null, evidence: '' }, metrics_api: false, snapshots: false, namespaces: [],
  },
}
const silent: Cluster = { ...cluster, id: 'c2', name: 'plant-ham', reachability: { reachable: false, since: '2026-11-21T14:02:00Z', checked_at: null, reason: 'Connection refused.' } }
const read: KubeconfigInspection = {
  contexts: [{ name: 'admin@asia', cluster: 'asia', user: 'admin', namespace: '' }, { name: 'ci', cluster: 'staging', user: 'bot', namespace: '' }], current_context: 'admin@asia',
  chosen: { server: 'https://k8s.asia.example', host: 'k8s.asia.example', ca_fingerprint: null, credential: 'token' }, dropped: [], findings: [],
  will_create: { namespace: 'anywhere-system', service_account: 'anywhere-manager', rules: [{ api_groups: [''], resources: ['nodes'], verbs: ['list'], why: 'See room' }], manifest: 'kind: Namespace' },
}

test('the list says which answer, since when, and how much is asked for', async () => {
  answer('get', 'organizations/tern/clusters/', listOf([cluster, silent]))
  renderAt('/o/tern/clusters')
  expect(await screen.findByRole('link', { name: 'prod-eu' })).toHaveAttribute('href', '/o/tern/clusters/c1')
  expect(screen.getByText(/2 clusters, 1 of them answers\./)).toBeInTheDocument()
  expect(screen.getAllByText('7 of 8')).toHaveLength(2)
  expect(screen.getByText('Connection refused.')).toBeInTheDocument()
  expect(await violations()).toEqual([])
})

test('no cluster: one sentence and one button', async () => {
  answer('get', 'organizations/tern/clusters/', listOf([]))
  renderAt('/o/tern/clusters')
  const empty = (await screen.findByText('No cluster yet')).closest('section')
  expect(within(empty as HTMLElement).getByRole('link', { name: 'Connect a cluster' })).toHaveAttribute('href', '/o/tern/clusters/new')
})

describe('connecting', () => {
  test('shows what will be created before anything is, and sends the chosen context', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    const inspections = answer('post', 'organizations/tern/clusters/inspect/', read)
    const calls = answer('post', 'organizations/tern/clusters/', { id: 'o1', kind: 'register', state: 'queued', subject: { type: 'cluster', id: 'c9', name: 'asia' } }, 202)
    answer('get', 'operations/o1/', problem('x', 'On the way', ''), 404)
    const { user, path } = renderAt('/o/tern/clusters/new')
    const dialog = await screen.findByRole('dialog', { name: 'Connect a cluster' })
    expect(within(dialog).getByRole('button', { name: 'Connect' })).toBeDisabled()
    await user.click(within(dialog).getByRole('textbox', { name: 'Kubeconfig' }))
    await user.paste('apiVersion: v1')
    expect(await within(dialog).findByText(/Read: server k8s.asia.example, user admin, by token\./, {}, { timeout: 3000 })).toBeInTheDocument()
    expect(within(dialog).getByText('anywhere-system')).toBeInTheDocument()
    expect(within(dialog).getByRole('textbox', { name: 'Name' })).toHaveValue('asia')
    expect(await violations()).toEqual([])
    await user.click(within(dialog).getByRole('radio', { name: /ci/ }))
    await waitFor(() => expect(inspections.at(-1)?.body).toEqual({ kubeconfig: 'apiVersion: v1', context: 'ci' }), { timeout: 3000 })
    await waitFor(() => expect(within(dialog).getByRole('button', { name: 'Connect' })).toBeEnabled())
    await user.click(within(dialog).getByRole('button', { name: 'Connect' }))
    await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
    expect(calls[0]?.body).toEqual({ name: 'staging', kubeconfig: 'apiVersion: v1', context: 'ci' })
  })

  test('one namespace alone is asked about again, and sent', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    const inspections = answer('post', 'organizations/tern/clusters/inspect/', read)
    const calls = answer('post', 'organizations/tern/clusters/', { id: 'o1', kind: 'register', state: 'queued', subject: { type: 'cluster', id: 'c9', name: 'asia' } }, 202)
    answer('get', 'operations/o1/', problem('x', 'On the way', ''), 404)
    const { user, path } = renderAt('/o/tern/clusters/new')
    const dialog = await screen.findByRole('dialog')
    await user.click(within(dialog).getByRole('textbox', { name: 'Kubeconfig' }))
    await user.paste('x')
    await user.click(within(dialog).getByText('Only one namespace'))
    await user.type(within(dialog).getByRole('textbox', { name: 'Namespace' }), 'team')
    await waitFor(() => expect(inspections.at(-1)?.body).toEqual({ kubeconfig: 'x', namespace: 'team' }), { timeout: 3000 })
    await waitFor(() => expect(within(dialog).getByRole('button', { name: 'Connect' })).toBeEnabled(), { timeout: 3000 })
    await user.click(within(dialog).getByRole('button', { name: 'Connect' }))
    await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
    expect(calls[0]?.body).toEqual({ name: 'asia', kubeconfig: 'x', namespace: 'team' })
  })

  test('a refused kubeconfig says why and keeps the button off', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    answer('post', 'organizations/tern/clusters/inspect/', { ...read, will_create: null, findings: [{ level: 'error', code: 'kubeconfig.exec_not_allowed', title: 'It runs a command to sign in', detail: 'Commands are refused.', fix: 'Use a token.' }] })
    const { user } = renderAt('/o/tern/clusters/new')
    const dialog = await screen.findByRole('dialog')
    await user.click(within(dialog).getByRole('textbox', { name: 'Kubeconfig' }))
    await user.paste('x')
    expect(await within(dialog).findByText('It runs a command to sign in', {}, { timeout: 3000 })).toBeInTheDocument()
    expect(within(dialog).getByText('Use a token.')).toBeInTheDocument()
    expect(within(dialog).getByRole('button', { name: 'Connect' })).toBeDisabled()
  })

  test('a refusal of the server lands on its field', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    answer('post', 'organizations/tern/clusters/inspect/', read)
    answer('post', 'organizations/tern/clusters/', problem('cluster.name_taken', 'The name is taken', '', { name: ['There is a cluster of this name.'] }), 400)
    const { user } = renderAt('/o/tern/clusters/new')
    const dialog = await screen.findByRole('dialog')
    await user.click(within(dialog).getByRole('textbox', { name: 'Kubeconfig' }))
    await user.paste('x')
    await waitFor(() => expect(within(dialog).getByRole('button', { name: 'Connect' })).toBeEnabled(), { timeout: 3000 })
    await user.click(within(dialog).getByRole('button', { name: 'Connect' }))
    expect(await within(dialog).findByText('There is a cluster of this name.')).toBeInTheDocument()
    expect(within(dialog).getByRole('textbox', { name: 'Name' })).toHaveAttribute('aria-invalid', 'true')
  })

  test('practising needs no kubeconfig', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    const calls = answer('post', 'organizations/tern/clusters/practice/', { id: 'o1', subject: { type: 'cluster', id: 'c9', name: 'practice' } }, 202)
    answer('get', 'operations/o1/', problem('x', 'On the way', ''), 404)
    const { user, path } = renderAt('/o/tern/clusters/new')
    const dialog = await screen.findByRole('dialog')
    await user.click(within(dialog).getByRole('radio', { name: /practice cluster/i }))
    await user.click(within(dialog).getByRole('button', { name: 'Make a practice cluster' }))
    await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
    expect(calls).toHaveLength(1)
  })
})

describe('one cluster', () => {
  const open = (given: Cluster, address = `/o/tern/clusters/${given.id}`) => {
    answer('get', `clusters/${given.id}/`, given)
    answer('get', 'organizations/tern/services/', listOf([]))
    return renderAt(address)
  }
  test('shows room, nodes and what it can do', async () => {
    open(cluster)
    expect(await screen.findByRole('heading', { level: 1, name: 'prod-eu' })).toBeInTheDocument()
    expect(screen.getByRole('img', { name: 'CPU: 7 of 8 cores' })).toBeInTheDocument()
    expect(screen.getByText('n1')).toBeInTheDocument()
    expect(screen.getByText('No storage class')).toBeInTheDocument()
    expect(await violations()).toEqual([])
  })
  test('a silent one keeps its last numbers and says why', async () => {
    open(silent)
    expect(await screen.findByText('plant-ham does not answer')).toBeInTheDocument()
    expect(screen.getByText(/Connection refused\./)).toBeInTheDocument()
    expect(screen.getByText('Was ready')).toBeInTheDocument()
  })
  test('it is renamed, and a taken name is said at its field', async () => {
    answer('patch', 'clusters/c1/', problem('cluster.name_taken', 'The name is taken', '', { name: ['There is a cluster of this name.'] }), 400)
    const { user } = open(cluster)
    await user.click(await within(await screen.findByRole('main')).findByRole('button', { name: 'More' }))
    await user.click(await screen.findByRole('menuitem', { name: 'Rename' }))
    const dialog = await screen.findByRole('dialog', { name: 'Rename prod-eu' })
    expect(within(dialog).getByRole('button', { name: 'Rename' })).toBeDisabled()
    await user.clear(within(dialog).getByRole('textbox', { name: 'Name' }))
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'prod-us')
    await user.click(within(dialog).getByRole('button', { name: 'Rename' }))
    expect(await within(dialog).findByText('There is a cluster of this name.')).toBeInTheDocument()
    const calls = answer('patch', 'clusters/c1/', { ...cluster, name: 'prod-us' })
    await user.click(within(dialog).getByRole('button', { name: 'Rename' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(calls[0]?.body).toEqual({ name: 'prod-us' })
  })
  test('its credential is replaced with the context chosen', async () => {
    answer('post', 'organizations/tern/clusters/inspect/', read)
    const calls = answer('post', 'clusters/c1/credential/', { id: 'o1', subject: { type: 'cluster', id: 'c1', name: 'prod-eu' } }, 202)
    answer('get', 'operations/o1/', problem('x', 'On the way', ''), 404)
    const { user, path } = open(cluster)
    await user.click(await within(await screen.findByRole('main')).findByRole('button', { name: 'More' }))
    await user.click(await screen.findByRole('menuitem', { name: 'Replace credential' }))
    const dialog = await screen.findByRole('dialog', { name: 'Replace the credential of prod-eu' })
    expect(within(dialog).getByRole('button', { name: 'Replace' })).toBeDisabled()
    await user.click(within(dialog).getByRole('textbox', { name: 'Kubeconfig' }))
    await user.paste('y')
    await user.click(await within(dialog).findByRole('radio', { name: /ci/ }, { timeout: 3000 }))
    await waitFor(() => expect(within(dialog).getByRole('button', { name: 'Replace' })).toBeEnabled(), { timeout: 3000 })
    await user.click(within(dialog).getByRole('button', { name: 'Replace' }))
    await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
    expect(calls[0]?.body).toEqual({ kubeconfig: 'y', context: 'ci' })
  })
  test('removing one with services needs its name typed', async () => {
    const calls = answer('delete', 'clusters/c1/', { id: 'o1', subject: { type: 'cluster', id: 'c1', name: 'prod-eu' } }, 202)
    const { user } = open(cluster, '/o/tern/clusters/c1?do=remove')
    const dialog = await screen.findByRole('dialog', { name: 'Remove prod-eu?' })
    const button = within(dialog).getByRole('button', { name: 'Remove and forget its services' })
    expect(button).toBeDisabled()
    await user.type(within(dialog).getByRole('textbox'), 'prod-eu')
    answer('get', 'operations/o1/', problem('x', 'On the way', ''), 404)
    await user.click(button)
    await waitFor(() => expect(calls[0]?.body).toEqual({ forget: true }))
  })
  test('a practice cluster is labelled and can be told to fail', async () => {
    answer('get', 'clusters/c1/practice/', { fail: null, ready_seconds: 5 })
    const calls = answer('patch', 'clusters/c1/practice/', { fail: 'quota', ready_seconds: 5 })
    const { user } = open({ ...cluster, is_practice: true })
    expect(await screen.findByText(/This is a practice cluster/)).toBeInTheDocument()
    await user.click(await screen.findByRole('radio', { name: /quota/ }))
    await waitFor(() => expect(calls[0]?.body).toEqual({ fail: 'quota' }))
    expect(await screen.findByRole('radio', { name: /quota/ })).toBeChecked()
  })
})
