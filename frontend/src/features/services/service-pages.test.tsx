import { screen, waitFor, within } from '@testing-library/react'
import type { Operation, PlanResult, Service } from '../../api/types'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem, server, session } from '../../test/server'
import { http, HttpResponse, type JsonBodyType } from 'msw'

const service: Service = {
  id: 's1', name: 'orders', organization: 'tern', cluster: { id: 'c1', name: 'prod-eu', is_practice: false, reachable: true }, namespace: 'tern-orders',
  package: { name: 'kafka', title: 'Kafka', icon_url: '' }, version: '1.0.0', server_version: '4.3.1', plan: 'standard', desired: { version: '1.0.0', plan: 'standard', generation: 1, replicas: { broker: 3 } }, operation: null,
  health: { verdict: 'degraded', reason: 'broker-2 is away; 2 of 3 serve.', since: '2026-11-21T13:48:00Z', observed_at: '2026-11-21T14:00:00Z', stale: false },
  scaling: [{ component: 'broker', title: 'Brokers', replicas: 3, minimum: 1, maximum: 5, allowed: [1, 3, 5], in: 'refused', out: 'free', reason: 'Brokers hold data.' }],
  update: null, state: 'present', data_kept: [], created_at: '2026-11-01T00:00:00Z', created_by: 'mira@tern.example',
}
const plan: PlanResult = {
  changes: [{ object: { kind: 'StatefulSet', name: 'orders', namespace: 'tern-orders' }, action: 'change', diff: '-  replicas: 3\n+  replicas: 5', effect: 'starts 2 more pods', severity: 'none' }], refusals: [], summary: '1 object changes',
}
const started = (id: string, kind = 'scale') => ({ id, kind, state: 'queued', subject: { type: 'service', id: 's1', name: 'orders' } })
const planned = (result: PlanResult): Partial<Operation> => ({ id: 'p1', kind: 'plan', state: 'succeeded', result, error: null })

function given(over: Partial<Service> = {}): void {
  answer('get', 'services/s1/', { ...service, ...over })
  answer('get', 'services/s1/objects/', {
    observed_at: '2026-11-21T14:00:00Z', claims: [{ name: 'data-broker-0', phase: 'Bound', size: '20Gi', storage_class: 'gp3' }], others: [],
    workloads: [{ kind: 'StatefulSet', name: 'orders', component: 'broker', title: 'Broker', ready: 0, desired: 1, verdict: 'failed', reason: 'image not found', pods: [{ name: 'orders-0', phase: 'Pending', ready: false, node: 'n1', zone: 'a', restarts: 0, reason: 'ErrImagePull', message: 'image x not found', started_at: null }] }],
  })
  answer('get', 'services/s1/nodes/', { results: [] })
  answer('get', 'services/s1/procedures/', { results: [] })
  answer('get', 'services/s1/connect/', {
    endpoints: [{ name: 'kafka', host: 'orders.tern-orders.svc', port: 9092, scope: 'inside', protocol: 'tcp' }], credential_keys: ['host', 'username', 'password'], public: { host: 'orders.tern-orders.svc' }, credentials: null,
    snippets: [{ id: 'python', title: 'Python', language: 'python', text: 'import confluent_kafka' }], port_forward: 'kubectl port-forward svc/orders 9092',
  })
  answer('get', 'organizations/tern/operations/', listOf([]))
  answer('get', 'organizations/tern/clusters/', listOf([]))
}
/** The page an operation is shown on is not what these tests are about. */
const swallowOperation = (id: string) => answer('get', `operations/${id}/`, problem('x', 'On the way', ''), 404)

function asViewer(): void {
  const viewer = { ...session, user: session.user && { ...session.user, organizations: [{ slug: 'tern', name: 'Tern', role: 'viewer' }] } }
  server.use(http.get('*/api/v1/auth/session/', () => HttpResponse.json(viewer as unknown as JsonBodyType)))
}

describe('the list', () => {
  test('is worst first and keeps its filters in the address', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([{ id: 'c1', name: 'prod-eu' }]))
    const calls = answer('get', 'organizations/tern/services/', listOf([{ ...service, id: 's2', name: 'calm', health: { ...service.health, verdict: 'healthy' } }, service]))
    const { user, search } = renderAt('/o/tern/services')
    const links = await screen.findAllByRole('link', { name: /^(orders|calm)$/ })
    expect(links.map((link) => link.textContent)).toEqual(['orders', 'calm'])
    expect(await violations()).toEqual([])
    await user.selectOptions(screen.getByRole('combobox', { name: 'Health' }), 'Degraded')
    await waitFor(() => expect(search()).toEqual({ verdict: 'degraded' }))
    await waitFor(() => expect(calls.at(-1)?.url.searchParams.get('verdict')).toBe('degraded'))
  })
  test('of what is uninstalled says what the page of each says', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    answer('get', 'organizations/tern/services/', listOf([{ ...service, state: 'uninstalled', health: { verdict: 'unknown', reason: 'Uninstalled', since: null, observed_at: null, stale: true } }]))
    renderAt('/o/tern/services?state=uninstalled')
    const row = (await screen.findByRole('link', { name: 'orders' })).closest('tr')
    expect(row).toHaveTextContent('Suspended')
    expect(row).toHaveTextContent('Uninstalled: nothing of it runs.')
    expect(row).not.toHaveTextContent(/Unknown|not seen lately/)
    expect(screen.getByText(/^What was uninstalled\./)).toBeInTheDocument()
    expect(screen.queryByText(/Everything that runs/)).not.toBeInTheDocument()
  })
  test('keeps its error while it is tried anew', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    answer('get', 'organizations/tern/services/', problem('portal.broken', 'Anywhere did not answer as it should', ''), 500)
    const { user } = renderAt('/o/tern/services')
    await screen.findByRole('heading', { name: 'Anywhere did not answer as it should' })
    server.use(http.get('*/api/v1/organizations/tern/services/', () => new Promise<never>(() => undefined)))
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(screen.getByRole('heading', { name: 'Anywhere did not answer as it should' })).toBeInTheDocument())
    expect(screen.queryByRole('group', { name: 'Loading services' })).not.toBeInTheDocument()
  })
  test('without any service it leads to the catalogue', async () => {
    answer('get', 'organizations/tern/services/', listOf([]))
    renderAt('/o/tern/services')
    expect(await screen.findByText('No services yet')).toBeInTheDocument()
  })
  test('a search without a result can be cleared', async () => {
    answer('get', 'organizations/tern/clusters/', listOf([]))
    answer('get', 'organizations/tern/services/', listOf([]))
    const { user, search } = renderAt('/o/tern/services?q=kafak')
    expect(await screen.findByText('No service matches “kafak”')).toBeInTheDocument()
    await user.click(screen.getByRole('button', { name: 'Clear filters' }))
    await waitFor(() => expect(search()).toEqual({}))
  })
})

describe('the overview', () => {
  test('opens with what was asked, what is done and what is seen', async () => {
    given()
    renderAt('/o/tern/services/s1')
    const facts = await screen.findByRole('region', { name: 'What is asked, what we do, what we see' })
    expect(facts).toHaveTextContent('Standard, 3 brokers')
    expect(facts).toHaveTextContent('Nothing')
    expect(facts).toHaveTextContent('broker-2 is away; 2 of 3 serve.')
    expect(await screen.findByText(/image x not found/)).toBeInTheDocument()
    expect(screen.getByText('20 GiB, gp3, bound')).toBeInTheDocument()
    expect(await violations()).toEqual([])
  })
  test('of a service whose install was refused does not say that it was installed', async () => {
    given({ operation: { ...started('o7', 'install'), state: 'failed', error: { title: 'The quota is used up' } } as Operation })
    renderAt('/o/tern/services/s1')
    expect(await screen.findByText('orders was not installed')).toBeInTheDocument()
    expect(screen.getByText(/asked for/, { selector: 'p' })).toHaveTextContent(/asked for 1 Nov by mira@tern\.example/)
    expect(screen.queryByText(/· installed/)).not.toBeInTheDocument()
  })
  test('keeps its error while it is tried anew', async () => {
    answer('get', 'services/s1/', problem('portal.broken', 'Anywhere did not answer as it should', ''), 500)
    const { user } = renderAt('/o/tern/services/s1')
    await screen.findByRole('heading', { level: 1, name: 'Anywhere did not answer as it should' })
    server.use(http.get('*/api/v1/services/s1/', () => new Promise<never>(() => undefined)))
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(screen.getByRole('heading', { level: 1, name: 'Anywhere did not answer as it should' })).toBeInTheDocument())
    expect(screen.queryByRole('group', { name: 'Loading the service' })).not.toBeInTheDocument()
  })
  test('cuts a long name of a pod in the middle, so that its end is seen', async () => {
    given()
    answer('get', 'services/s1/objects/', { observed_at: null, claims: [], others: [], workloads: [{ kind: 'Deployment', name: 'proxy', component: 'proxy', title: '', ready: 1, desired: 1, verdict: 'healthy', reason: '', pods: [{ name: 'cache-proxy-58c8d4f9b-x7k2p', phase: 'Running', ready: true, node: 'n1', zone: 'a', restarts: 0, reason: '', message: '', started_at: null }] }] })
    renderAt('/o/tern/services/s1')
    const end = await screen.findByText('-x7k2p')
    expect(end).not.toHaveClass('clip')
    expect(end.parentElement).toHaveTextContent('cache-proxy-58c8d4f9b-x7k2p')
  })
  test('leads from a failed operation to what can be done', async () => {
    given({ operation: { ...started('o7', 'change'), state: 'failed', error: { title: 'The quota is used up' } } as Operation })
    renderAt('/o/tern/services/s1')
    expect(await screen.findByText('The quota is used up')).toBeInTheDocument()
    expect(screen.getByRole('link', { name: 'See what to do' })).toHaveAttribute('href', '/o/tern/operations/o7')
  })
  test('scales after showing the plan', async () => {
    given()
    const plans = answer('post', 'services/s1/plan/', planned(plan), 202)
    const calls = answer('post', 'services/s1/scale/', started('o1'), 202)
    swallowOperation('o1')
    const { user, path } = renderAt('/o/tern/services/s1')
    const stepper = await screen.findByRole('group', { name: 'Brokers' })
    expect(within(stepper).getByRole('button', { name: 'One fewer' })).toBeDisabled()
    expect(screen.getByText('Brokers hold data.')).toBeInTheDocument()
    await user.click(within(stepper).getByRole('button', { name: '2 more' }))
    expect(screen.getByText('The package allows at most 5.')).toBeInTheDocument()
    await user.click(screen.getByRole('button', { name: 'Scale to 5' }))
    const dialog = await screen.findByRole('dialog', { name: 'Scale brokers of orders from 3 to 5' })
    expect(await within(dialog).findByText('starts 2 more pods')).toBeInTheDocument()
    expect(await violations()).toEqual([])
    expect(plans[0]?.body).toEqual({ component: 'broker', replicas: 5 })
    expect(calls).toHaveLength(0)
    await user.click(within(dialog).getByRole('button', { name: 'Scale to 5' }))
    await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
    expect(calls[0]?.body).toEqual({ component: 'broker', replicas: 5 })
  })
  test('a refused plan says why and offers no way past it', async () => {
    given()
    answer('post', 'services/s1/plan/', planned({ changes: [], summary: '', refusals: [{ code: 'guard', detail: 'There is no room for 5.', way: 'Add a node.' }] }), 202)
    const { user } = renderAt('/o/tern/services/s1')
    await user.click(within(await screen.findByRole('group', { name: 'Brokers' })).getByRole('button', { name: '2 more' }))
    await user.click(screen.getByRole('button', { name: 'Scale to 5' }))
    const dialog = await screen.findByRole('dialog')
    expect(await within(dialog).findByText('There is no room for 5.')).toBeInTheDocument()
    expect(within(dialog).getByText('Add a node.')).toBeInTheDocument()
    expect(within(dialog).getByRole('button', { name: 'Scale to 5' })).toBeDisabled()
  })
  test('a viewer sees who may scale', async () => {
    asViewer()
    given()
    renderAt('/o/tern/services/s1')
    expect(await screen.findByText('Owners and members can scale.')).toBeInTheDocument()
  })
})

describe('what the package says of nodes, costs and procedures', () => {
  const repair = { name: 'repair', title: 'Repair', summary: 'Compares all copies.', danger: 'The service is slower meanwhile.' }
  test('stands on the overview', async () => {
    given({ costs: [{ unit: 'cpu', each: '1', times: 3 }, { unit: 'disk', each: '20 GiB', times: 3 }] })
    answer('get', 'services/s1/nodes/', { results: [{ name: 'orders-0', component: 'broker', title: 'Broker', ready: true, node: 'n1', zone: 'a', role: 'leader', lag: { value: 12, unit: 'records' }, problem: '' }] })
    renderAt('/o/tern/services/s1')
    expect(await screen.findByText('leader · 12 records behind')).toBeInTheDocument()
    expect(screen.getByRole('region', { name: 'What is asked, what we do, what we see' })).toHaveTextContent('Asks for 3 × 1 CPU, 3 × 20 GiB disk')
    expect(await violations()).toEqual([])
  })
  test('a procedure runs after its danger was shown', async () => {
    given({ scaling: [] })
    answer('get', 'services/s1/procedures/', { results: [repair] })
    const calls = answer('post', 'services/s1/procedures/repair/', started('o9', 'procedure'), 202)
    swallowOperation('o9')
    const { user } = renderAt('/o/tern/services/s1')
    await user.click(await within(await screen.findByRole('main')).findByRole('button', { name: 'More' }))
    await user.click(await screen.findByRole('menuitem', { name: 'Repair' }))
    const dialog = await screen.findByRole('dialog', { name: 'Repair: orders' })
    expect(dialog).toHaveTextContent('The service is slower meanwhile.')
    expect(calls).toHaveLength(0)
    await user.click(within(dialog).getByRole('button', { name: 'Repair' }))
    await waitFor(() => expect(calls).toHaveLength(1))
  })
  test('the focus goes back to the menu when what was chosen in it is closed', async () => {
    given({ scaling: [] })
    answer('get', 'services/s1/procedures/', { results: [repair] })
    const { user, search } = renderAt('/o/tern/services/s1')
    const more = await within(await screen.findByRole('main')).findByRole('button', { name: 'More' })
    for (const [item, dialog] of [['Repair', 'Repair: orders'], ['Uninstall', 'Uninstall orders?']] as const) {
      await user.click(more)
      await user.click(await screen.findByRole('menuitem', { name: item }))
      await screen.findByRole('dialog', { name: dialog })
      await user.keyboard('{Escape}')
      await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument())
      await waitFor(() => expect(more).toHaveFocus())
      expect(search()).toEqual({})
    }
  })
  test('a procedure is found by the keyboard from the page of its service', async () => {
    given({ scaling: [] })
    answer('get', 'services/s1/procedures/', { results: [repair] })
    for (const list of ['organizations/tern/services/', 'organizations/tern/stacks/', 'organizations/tern/clusters/', 'catalog/packages/']) answer('get', list, listOf([]))
    const { user, search } = renderAt('/o/tern/services/s1/connect')
    await screen.findByText('orders.tern-orders.svc:9092')
    await user.keyboard('{Control>}k{/Control}')
    await user.type(await screen.findByRole('combobox'), 'repair')
    await user.click(await screen.findByRole('option', { name: /Repair/ }))
    expect(await screen.findByRole('dialog', { name: 'Repair: orders' })).toBeInTheDocument()
    expect(search()).toEqual({ run: 'repair' })
  })
  test('a procedure waits for what is under way', async () => {
    given({ scaling: [], operation: { ...started('o1'), state: 'running', steps: [] } as unknown as Operation })
    answer('get', 'services/s1/procedures/', { results: [repair] })
    const { user } = renderAt('/o/tern/services/s1')
    await user.click(await within(await screen.findByRole('main')).findByRole('button', { name: 'More' }))
    expect(await screen.findByRole('menuitem', { name: /Repair/ })).toHaveAttribute('data-disabled', 'true')
  })
})

test('the tab one is on stays in view when the window is made narrow', async () => {
  given()
  const shown: Element[] = []
  vi.spyOn(Element.prototype, 'scrollIntoView').mockImplementation(function (this: Element) { shown.push(this) })
  renderAt('/o/tern/services/s1/connect')
  await screen.findByText('orders.tern-orders.svc:9092')
  shown.length = 0
  window.dispatchEvent(new Event('resize'))
  expect(shown.map((tab) => tab.textContent)).toEqual(['Connect'])
  vi.restoreAllMocks()
})

describe('connect', () => {
  test('shows addresses at once and credentials only when asked for', async () => {
    given()
    const reveals = answer('post', 'services/s1/connect/reveal/', { credentials: { username: 'app', password: 'example-not-real' } })
    const { user } = renderAt('/o/tern/services/s1/connect')
    expect(await screen.findByText('orders.tern-orders.svc:9092')).toBeInTheDocument()
    expect(screen.getByLabelText('Python example')).toHaveTextContent('import confluent_kafka')
    expect(screen.queryByText('example-not-real')).not.toBeInTheDocument()
    expect(screen.getByText('orders.tern-orders.svc')).toBeInTheDocument()
    expect(screen.getAllByLabelText('hidden')).toHaveLength(2)
    await user.click(screen.getByRole('button', { name: 'Copy host' }))
    await waitFor(async () => expect(await navigator.clipboard.readText()).toBe('orders.tern-orders.svc'))
    expect(reveals).toHaveLength(0)
    await user.click(screen.getByRole('button', { name: 'Show' }))
    expect(await screen.findByText('example-not-real')).toBeInTheDocument()
    expect(await violations()).toEqual([])
    await user.click(screen.getByRole('button', { name: 'Hide' }))
    expect(screen.queryByText('example-not-real')).not.toBeInTheDocument()
  })
  test('copies the password without showing it', async () => {
    given()
    const reveals = answer('post', 'services/s1/connect/reveal/', { credentials: { username: 'app', password: 'example-not-real' } })
    const { user } = renderAt('/o/tern/services/s1/connect')
    await user.click(await screen.findByRole('button', { name: 'Copy password' }))
    await waitFor(async () => expect(await navigator.clipboard.readText()).toBe('example-not-real'))
    expect(reveals).toHaveLength(1)
    expect(screen.queryByText('example-not-real')).not.toBeInTheDocument()
  })
  test('says why when the cluster does not answer', async () => {
    given()
    answer('post', 'services/s1/connect/reveal/', problem('cluster.unreachable', 'prod-eu does not answer', 'The credentials live there.'), 503)
    const { user } = renderAt('/o/tern/services/s1/connect')
    await user.click(await screen.findByRole('button', { name: 'Show' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('prod-eu does not answer')
  })
  test('a viewer is told who can see them', async () => {
    asViewer()
    given()
    renderAt('/o/tern/services/s1/connect')
    expect(await screen.findByText('Owners and members of this organization can see them.')).toBeInTheDocument()
  })
})

test('events can be narrowed to one kind', async () => {
  given()
  answer('get', 'services/s1/events/', listOf([
    { at: '2026-11-21T13:00:00Z', kind: 'cluster', level: 'warning', reason: 'BackOff', object: 'Pod/orders-0', message: 'Back-off pulling image', count: 12 },
    { at: '2026-11-21T14:00:00Z', kind: 'health', level: 'info', reason: '', object: '', message: 'Became degraded', count: 1 },
  ]))
  const { user } = renderAt('/o/tern/services/s1/events')
  expect(await screen.findByText('12 times')).toBeInTheDocument()
  expect(await violations()).toEqual([])
  await user.click(screen.getByRole('button', { name: 'Health' }))
  expect(screen.queryByText('12 times')).not.toBeInTheDocument()
  expect(screen.getByText('Became degraded')).toBeInTheDocument()
})

test('history rolls back after showing the plan', async () => {
  given()
  const revision = { at: '2026-11-20T00:00:00Z', by: null, kind: 'change', version: '1.0.0', server_version: '4.3.1', plan: 'standard', operation_id: 'o9', summary: '', can_roll_back: true }
  answer('get', 'services/s1/history/', listOf([
    { ...revision, revision: 3, status: 'current' }, { ...revision, revision: 2, status: 'superseded', summary: 'Retention 7 days' }, { ...revision, revision: 1, status: 'superseded', can_roll_back: false, reason: 'Versions cannot go down.' },
  ]))
  const plans = answer('post', 'services/s1/plan/', planned(plan), 202)
  const calls = answer('post', 'services/s1/rollback/', started('o1', 'rollback'), 202)
  swallowOperation('o1')
  const { user, path } = renderAt('/o/tern/services/s1/history')
  expect(await screen.findByText('Versions cannot go down.')).toBeInTheDocument()
  expect(screen.getAllByText('4.3.1, package 1.0.0, standard')).toHaveLength(3)
  const row = within(screen.getByText('Retention 7 days').closest('tr') as HTMLElement)
  expect(row.getByText('Anywhere').parentElement?.tagName).toBe('SPAN')
  expect(row.getByText('Anywhere').previousElementSibling?.tagName).toBe('TIME')
  expect(await violations()).toEqual([])
  await user.click(screen.getByRole('button', { name: 'Roll back to this' }))
  const dialog = await screen.findByRole('dialog', { name: 'Roll back to revision 2' })
  await waitFor(() => expect(within(dialog).getByRole('button', { name: 'Roll back' })).toBeEnabled())
  await user.click(within(dialog).getByRole('button', { name: 'Roll back' }))
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
  expect([plans[0]?.body, calls[0]?.body]).toEqual([{ revision: 2 }, { revision: 2 }])
})

describe('values', () => {
  const schema = {
    type: 'object',
    properties: {
      replicas: { type: 'integer', title: 'Brokers', default: 3, minimum: 1, maximum: 5, 'x-form': { order: 1, group: 'Basics', level: 'basic' } },
      auth: { type: 'object', properties: { password: { type: 'string', writeOnly: true, title: 'Password', 'x-form': { order: 2, group: 'Basics', widget: 'password', level: 'basic' } } } },
    },
  }
  const arrange = () => {
    given()
    answer('get', 'services/s1/values/', { values: { auth: { password: { $secret: true } } }, merged_yaml: 'replicas: 3\nauth:\n  password: ••••\n', defaults: {}, schema, version: '1.0.0', plan: 'standard' })
    answer('get', 'clusters/c1/options/', { namespaces: [], storage_classes: [], ingress_classes: [] })
    answer('get', 'catalog/packages/kafka/', { name: 'kafka', title: 'Kafka', versions: [{ version: '1.0.0' }, { version: '1.1.0' }], plans: [{ name: 'small', title: 'Small' }, { name: 'standard', title: 'Standard' }] })
    answer('get', 'catalog/packages/kafka/versions/:version/form/', { schema, values: { replicas: 3, auth: { password: '' } }, values_yaml: '', plans: [{ name: 'standard', values: {} }], secrets: ['auth.password'] })
  }
  test('secrets are dots', async () => {
    arrange()
    renderAt('/o/tern/services/s1/values')
    expect(await screen.findByLabelText('your values')).toHaveTextContent('password: ••••')
    expect(await violations()).toEqual([])
  })
  test('a change is planned first and sends no mark of a secret', async () => {
    arrange()
    const plans = answer('post', 'services/s1/plan/', planned(plan), 202)
    const calls = answer('post', 'services/s1/change/', started('o1', 'change'), 202)
    swallowOperation('o1')
    const { user, path } = renderAt('/o/tern/services/s1/values?do=change')
    const field = await screen.findByRole('spinbutton', { name: 'Brokers' })
    expect(await violations()).toEqual([])
    expect(screen.getByRole('button', { name: 'Check the change' })).toBeDisabled()
    await user.clear(field)
    await user.type(field, '5')
    await user.click(screen.getByRole('button', { name: 'Check the change' }))
    const dialog = await screen.findByRole('dialog', { name: 'Change orders' })
    await waitFor(() => expect(within(dialog).getByRole('button', { name: 'Apply the change' })).toBeEnabled())
    await user.click(within(dialog).getByRole('button', { name: 'Apply the change' }))
    await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
    expect([plans[0]?.body, calls[0]?.body]).toEqual([{ values: { replicas: 5 } }, { values: { replicas: 5 } }])
  })
  test('a value outside its range is said on its field, and nothing is asked of the cluster', async () => {
    arrange()
    const plans = answer('post', 'services/s1/plan/', planned(plan), 202)
    const { user } = renderAt('/o/tern/services/s1/values?do=change')
    const field = await screen.findByRole('spinbutton', { name: 'Brokers' })
    await user.clear(field)
    await user.type(field, '9')
    await user.click(screen.getByRole('button', { name: 'Check the change' }))
    expect(await screen.findAllByText(/The largest possible value is 5\./)).not.toHaveLength(0)
    expect(plans).toHaveLength(0)
  })
  test('the same can be written as YAML, with the difference beside it', async () => {
    arrange()
    const { user } = renderAt('/o/tern/services/s1/values?do=change')
    await user.click(await screen.findByRole('button', { name: 'Edit' }))
    await user.click(await screen.findByRole('textbox', { name: 'Values as YAML' }))
    await user.paste('replicas: 5\n')
    expect(await screen.findByRole('spinbutton', { name: 'Brokers' })).toHaveValue(5)
    await user.click(screen.getByRole('button', { name: 'Difference' }))
    expect(await screen.findByLabelText('Values that differ from the defaults')).toHaveTextContent(/- replicas: 3\s*\+ replicas: 5/)
  })
})

describe('uninstall', () => {
  test('keeps the data unless told otherwise', async () => {
    given()
    const calls = answer('post', 'services/s1/uninstall/', started('o1', 'uninstall'), 202)
    swallowOperation('o1')
    const { user, path } = renderAt('/o/tern/services/s1?do=uninstall')
    const dialog = await screen.findByRole('dialog', { name: 'Uninstall orders?' })
    await user.click(within(dialog).getByRole('button', { name: 'Uninstall' }))
    await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
    expect(calls[0]?.body).toEqual({ delete_data: false })
  })
  test('deletes the data only after the name is typed', async () => {
    given()
    const calls = answer('post', 'services/s1/uninstall/', started('o1', 'uninstall'), 202)
    swallowOperation('o1')
    const { user } = renderAt('/o/tern/services/s1?do=uninstall')
    const dialog = await screen.findByRole('dialog')
    await user.click(within(dialog).getByRole('radio', { name: /Delete the data too/ }))
    const button = within(dialog).getByRole('button', { name: 'Uninstall and delete the data' })
    expect(button).toBeDisabled()
    await user.type(within(dialog).getByRole('textbox'), 'orders')
    await user.click(button)
    await waitFor(() => expect(calls[0]?.body).toEqual({ delete_data: true, confirm: 'orders' }))
  })
})

test('a service that is not there is said as a page, and not asked for again', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const calls = answer('get', 'services/s9/', problem('not_found', 'Not found', 'There is no such thing.'), 404)
  renderAt('/o/tern/services/s9')
  expect(await screen.findByRole('heading', { level: 1, name: 'This is not here' })).toBeInTheDocument()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(calls).toHaveLength(1)
  vi.useRealTimers()
})

test('an uninstalled service leads to its install with all that it was', async () => {
  given({ state: 'uninstalled' })
  renderAt('/o/tern/services/s1')
  const again = new URL((await screen.findByRole<HTMLAnchorElement>('link', { name: 'Install again' })).href)
  expect(again.pathname).toBe('/o/tern/catalogue/kafka/install')
  expect(Object.fromEntries(again.searchParams)).toEqual({ plan: 'standard', cluster: 'c1', name: 'orders', namespace: 'tern-orders', from: 's1' })
})

describe('a service of a stack', () => {
  const other = (id: string, name: string) => ({ id, name, title: 'Spark', verdict: 'healthy' as const })
  test('says of which, and what it is bound to', async () => {
    given({ stack: { id: 'k1', name: 'data' }, bound_to: [], bound_by: [other('s2', 'data-spark')] })
    renderAt('/o/tern/services/s1')
    expect(await screen.findByRole('link', { name: 'data' })).toHaveAttribute('href', '/o/tern/stacks/k1')
    expect(await screen.findByRole('heading', { name: 'Used by' })).toBeInTheDocument()
    expect(screen.getByRole('link', { name: 'data-spark' })).toHaveAttribute('href', '/o/tern/services/s2')
    expect(screen.queryByRole('heading', { name: 'Uses' })).not.toBeInTheDocument()
    expect(await violations()).toEqual([])
  })
  test('that others are bound to is uninstalled only after that was said', async () => {
    given({ bound_by: [other('s2', 'data-spark'), other('s3', 'data-jupyter')] })
    const calls = answer('post', 'services/s1/uninstall/', started('o9', 'uninstall'), 202)
    swallowOperation('o9')
    const { user } = renderAt('/o/tern/services/s1?do=uninstall')
    const dialog = await screen.findByRole('dialog')
    expect(within(dialog).getByText('data-spark and data-jupyter are bound to it')).toBeInTheDocument()
    await user.click(within(dialog).getByRole('button', { name: 'Uninstall' }))
    await waitFor(() => expect(calls[0]?.body).toEqual({ delete_data: false, force: true }))
  })
})
