import { act, screen, waitFor, within } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, problem, type Call } from '../../test/server'

const plan = (name: string, title: string, recommended = false) => ({ name, title, summary: `${title} plan.`, recommended, requests: { cpu: 0.1, memory: 268435456, storage: 5368709120 }, values: {} })
const item = {
  kind: 'package', members: [] as object[], name: 'postgresql', title: 'PostgreSQL', summary: 'A database.', category: 'databases', icon_url: '', version: '1.0.0', license: 'PostgreSQL', installs: 0,
  provider: { slug: 'anywhere', name: 'Anywhere' }, plans: [plan('small', 'Small', true), plan('standard', 'Standard')],
  versions: [{ version: '1.0.0', app_version: '18.6', published_at: '2026-11-01T00:00:00Z', digest: 'sha256:00' }],
  readme_html: '', creates: [], requires: {}, links: [], maintainer: '', scaling: [], endpoints: [],
}
const form = {
  schema: {
    type: 'object', additionalProperties: false,
    properties: {
      auth: { type: 'object', properties: {
        database: { type: 'string', title: 'Database', minLength: 1, 'x-form': { order: 1, group: 'Basics' } },
        password: { type: 'string', title: 'Password', writeOnly: true, 'x-form': { order: 2, group: 'Basics', widget: 'password', generate: 'password' } },
      } },
      persistence: { type: 'object', properties: {
        size: { type: 'string', title: 'Disk', 'x-form': { order: 1, group: 'Storage', widget: 'quantity', unit: 'GiB' } },
        storageClass: { type: 'string', title: 'Storage class', 'x-form': { order: 2, group: 'Storage', widget: 'storageClass' } },
      } },
      service: { type: 'object', properties: {
        type: { type: 'string', enum: ['ClusterIP', 'NodePort'], title: 'Reachable from', 'x-form': { order: 1, group: 'Network' } },
        nodePort: { type: 'integer', title: 'Node port', 'x-form': { order: 2, group: 'Network', showIf: { path: 'service.type', equals: 'NodePort' } } },
      } },
    },
  },
  values: { auth: { database: 'app', password: '' }, persistence: { size: '5Gi', storageClass: '' }, service: { type: 'ClusterIP', nodePort: 0 } },
  values_yaml: '', plans: [{ name: 'small', values: {} }, { name: 'standard', values: { persistence: { size: '50Gi' } } }], secrets: ['auth.password'],
}
const operation = (id: string, state: string, result: unknown = null) => ({ id, kind: 'preflight', state, subject: { type: 'none', id: null, name: '' }, steps: [], workloads: [], result, error: null })
const checked = (id: string, name: string, verdict: string, title: string, fix = '') => ({
  cluster: { id, name, is_practice: false }, verdict, requests: { cpu: 0.1, memory: 268435456, storage: 5368709120, pods: 1 },
  findings: [{ level: verdict === 'no' ? 'error' : 'note', code: 'x', title, detail: '', fix }],
})

function portal() {
  answer('get', 'catalog/packages/postgresql/', item)
  answer('get', 'catalog/packages/postgresql/versions/1.0.0/form/', form)
  const names = answer('post', 'organizations/tern/services/names/', ({ body }: Call) => {
    const { name, namespace } = body as { name?: string, namespace?: string }
    return { suggested: 'postgresql-1', name: { available: name !== 'orders', reason: name === 'orders' ? 'A service of this name runs on prod-eu.' : null }, namespace: { suggested: name ?? 'postgresql-1', exists: false, reason: namespace === 'kube-system' ? 'kube-system belongs to the cluster itself. Choose another.' : null } }
  })
  const preflights = answer('post', 'organizations/tern/preflight/', operation('p1', 'running'), 202)
  answer('get', 'operations/p1/', operation('p1', 'succeeded', { clusters: [checked('c2', 'plant-ham', 'no', 'Silent since 14:02', 'Check that its API is up.'), checked('c1', 'prod-eu', 'fits', 'Room for 1 pod.')] }))
  answer('get', 'clusters/c1/options/', { namespaces: [{ name: 'shop', pod_security: '' }], storage_classes: [{ name: 'fast-ssd', is_default: false, expandable: true }, { name: 'standard', is_default: true, expandable: true }], ingress_classes: [] })
  const installs = answer('post', 'organizations/tern/services/', { ...operation('o1', 'queued'), kind: 'install' }, 202)
  answer('get', 'operations/o1/', { ...operation('o1', 'succeeded'), kind: 'install', subject: { type: 'service', id: 's1', name: 'orders-db' } })
  answer('get', 'operations/o1/events/', { results: [], next: null, previous: null })
  answer('get', 'services/s1/', problem('service.not_found', 'Not found', ''), 404)
  return { names, preflights, installs }
}
const address = '/o/tern/catalogue/postgresql/install'
const installButton = () => screen.findByRole('button', { name: 'Install' })

test('name, plan and cluster are chosen for the user, and one click installs', async () => {
  const { installs } = portal()
  const { user, path } = renderAt(address)
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  expect(screen.getByLabelText('Service name')).toHaveValue('postgresql-1')
  await screen.findByLabelText('Disk')
  expect(await violations()).toEqual([])
  expect(screen.getByRole('radio', { name: /prod-eu/ })).toBeChecked()
  expect(screen.getByRole('radio', { name: /Small/ })).toBeChecked()
  await user.click(await installButton())
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
  expect(installs).toHaveLength(1)
  expect(installs[0]?.body).toEqual({ package: 'postgresql', version: '1.0.0', plan: 'small', name: 'postgresql-1', cluster: 'c1', namespace: 'postgresql-1', values: {} })
  expect(installs[0]?.headers.get('Idempotency-Key')).toMatch(/[0-9a-f-]{32,}/)
})

test('a double click is one install', async () => {
  const { installs } = portal()
  const { user, path } = renderAt(address)
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.dblClick(await installButton())
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
  expect(installs).toHaveLength(1)
})

test('clusters are asked about the namespace only once the user has typed one', async () => {
  const { preflights } = portal()
  const { user } = renderAt(address)
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  expect(screen.getByLabelText('Namespace')).toHaveValue('postgresql-1')
  expect(preflights.at(-1)?.body).not.toHaveProperty('namespace')
  await user.clear(screen.getByLabelText('Namespace'))
  await user.type(screen.getByLabelText('Namespace'), 'shop')
  await waitFor(() => expect(preflights.at(-1)?.body).toMatchObject({ namespace: 'shop' }))
})

test('a namespace that cannot be used is refused at its field before the install', async () => {
  portal()
  const { user } = renderAt(address)
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.clear(screen.getByLabelText('Namespace'))
  await user.type(screen.getByLabelText('Namespace'), 'kube-system')
  await waitFor(() => expect(screen.getByLabelText('Namespace')).toHaveAccessibleDescription('kube-system belongs to the cluster itself. Choose another.'))
  expect(screen.getByLabelText('Namespace')).toBeInvalid()
  expect(await installButton()).toBeDisabled()
})

test('a cluster that does not fit is shown with what to do and cannot be chosen', async () => {
  portal()
  renderAt(address)
  expect(await screen.findByText('Does not fit')).toBeInTheDocument()
  expect(screen.getByText(/Silent since 14:02. Check that its API is up./)).toBeInTheDocument()
  expect(screen.queryByRole('radio', { name: /plant-ham/ })).not.toBeInTheDocument()
})

/** An answer in which the chart refuses the values: nothing was found out about the cluster. */
const refusedBy = (detail: string) => operation('p1', 'succeeded', { clusters: [{
  cluster: { id: 'c1', name: 'prod-eu', is_practice: false }, verdict: 'no', requests: {},
  findings: [{ level: 'error', code: 'chart.invalid', title: 'The chart cannot be rendered with these values', detail, fix: 'Change the values.' }],
}] })

test('a value that the chart refuses is said at its field and in the bar, and keeps the cluster and its pickers', async () => {
  portal()
  const detail = 'persistence.size needs persistence.storageClass, where the disk comes from.'
  answer('get', 'operations/p1/', refusedBy(detail))
  renderAt(address)
  expect(await screen.findByText(`A value needs a look: ${detail}`)).toBeInTheDocument()
  expect(screen.getByRole('radio', { name: /prod-eu/ })).toBeChecked()
  expect(screen.getByText('Not checked yet')).toBeInTheDocument()
  expect(screen.queryByText('Does not fit')).not.toBeInTheDocument()
  expect(screen.queryByText(/cannot be rendered|Choose a cluster|fits on none/)).not.toBeInTheDocument()
  expect(await screen.findByLabelText('Disk')).toHaveAttribute('aria-invalid', 'true')
  expect(screen.getByLabelText('Disk')).toHaveAccessibleDescription(detail)
  expect(await screen.findByRole('combobox', { name: 'Storage class' })).toBeInTheDocument()
  const before = within(screen.getByRole('heading', { name: 'Before we start' }).closest('section') as HTMLElement)
  expect(before.getByText(detail)).toBeInTheDocument()
  expect(before.queryByText(/Takes/)).not.toBeInTheDocument()
  expect(await installButton()).toBeDisabled()
  expect(await violations()).toEqual([])
})

test('a refusal that names no field stands before the start', async () => {
  portal()
  answer('get', 'operations/p1/', refusedBy('There is no program.'))
  renderAt(address)
  expect(await screen.findByText('There is no program.')).toBeInTheDocument()
  expect((await screen.findByLabelText('Disk'))).not.toHaveAttribute('aria-invalid')
})

test('an only cluster that does not fit says so before the start', async () => {
  portal()
  answer('get', 'operations/p1/', operation('p1', 'succeeded', { clusters: [{ ...checked('c2', 'plant-ham', 'no', 'Silent since 14:02', 'Check that its API is up.') }] }))
  answer('get', 'clusters/c2/options/', { namespaces: [], storage_classes: [], ingress_classes: [] })
  renderAt(address)
  expect(await screen.findByText('Silent since 14:02')).toBeInTheDocument()
  expect(screen.queryByText(/Choose a cluster/)).not.toBeInTheDocument()
})

test('pickers and findings stay with the cluster that did fit until now', async () => {
  portal()
  const { user } = renderAt(address)
  expect(await screen.findByRole('combobox', { name: 'Storage class' })).toBeInTheDocument()
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  answer('get', 'operations/p1/', operation('p1', 'succeeded', { clusters: [checked('c2', 'plant-ham', 'no', 'Silent since 14:02'), checked('c1', 'prod-eu', 'no', 'There is no Secret store', 'Choose another.')] }))
  await user.clear(screen.getByLabelText('Namespace'))
  await user.type(screen.getByLabelText('Namespace'), 'shop')
  expect(await screen.findByText('It fits on none of your clusters. Each says above what to do.')).toBeInTheDocument()
  const before = within(screen.getByRole('heading', { name: 'Before we start' }).closest('section') as HTMLElement)
  expect(before.getByText('There is no Secret store')).toBeInTheDocument()
  expect(screen.getByRole('combobox', { name: 'Storage class' }).tagName).toBe('SELECT')
})

test('what is wrong inside a list is said at its field, without what was said of the value before', async () => {
  portal()
  const models = {
    type: 'array', title: 'Versions', 'x-form': { order: 3, group: 'Basics', widget: 'list' },
    items: { type: 'object', properties: { version: { type: 'string' }, weight: { type: 'integer', maximum: 100 } } },
  }
  answer('get', 'catalog/packages/postgresql/versions/1.0.0/form/', {
    ...form, schema: { ...form.schema, properties: { ...form.schema.properties, models } }, values: { ...form.values, models: [] },
  })
  answer('get', 'operations/p1/', refusedBy('models is empty. Name at least one version.'))
  const { user } = renderAt(address)
  expect(await screen.findByText('A value needs a look: models is empty. Name at least one version.')).toBeInTheDocument()
  const field = await screen.findByLabelText('Versions')
  await user.click(field)
  await user.paste('- weight: 150')
  expect(field).toHaveAttribute('aria-invalid', 'true')
  expect(field).toHaveAccessibleDescription(/^Entry 1, weight: The largest possible value is 100\./)
  expect(screen.queryByText(/models is empty/)).not.toBeInTheDocument()
})

test('a fold opened by a wrong value stays open when it is mended', async () => {
  portal()
  const { user } = renderAt(address)
  await user.click(await screen.findByRole('button', { name: 'Edit' }))
  const text = await screen.findByLabelText('Values as YAML')
  await user.type(text, 'service:{enter}  type: Odd')
  const fold = screen.getByText('Network').closest('details')
  await waitFor(() => expect(fold).toHaveAttribute('open'))
  await user.selectOptions(screen.getByLabelText('Reachable from'), 'NodePort')
  expect(screen.queryByText('needs a look')).not.toBeInTheDocument()
  expect(fold).toHaveAttribute('open')
})

test('a check that takes long says so and can be tried again', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const { preflights } = portal()
  answer('get', 'operations/p1/', operation('p1', 'running'))
  const view = renderAt(address)
  await screen.findByLabelText('Disk')
  await waitFor(() => expect(preflights).toHaveLength(1))
  expect(screen.queryByText(/takes longer than usual/)).not.toBeInTheDocument()
  await act(() => vi.advanceTimersByTimeAsync(9_000))
  expect(await screen.findByText(/Checking your clusters .* This takes longer than usual\./)).toBeInTheDocument()
  vi.useRealTimers()
  await view.user.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(preflights.length).toBeGreaterThan(1))
})

test('a service is installed again under its name with its values, without the marks of secrets', async () => {
  const { installs } = portal()
  answer('get', 'services/s7/values/', { values: { persistence: { size: '20Gi' }, auth: { password: { $secret: true } } }, merged_yaml: '', defaults: {}, schema: {}, version: '1.0.0', plan: 'standard' })
  const { user } = renderAt(`${address}?plan=standard&cluster=c1&name=orders-db&namespace=shop&from=s7`)
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  expect(screen.getByLabelText('Service name')).toHaveValue('orders-db')
  expect(screen.getByLabelText('Namespace')).toHaveValue('shop')
  expect(screen.getByRole('radio', { name: /Standard/ })).toBeChecked()
  expect(await screen.findByLabelText('Disk')).toHaveValue('20')
  await user.click(await installButton())
  await waitFor(() => expect(installs[0]?.body).toMatchObject({ name: 'orders-db', namespace: 'shop', plan: 'standard', cluster: 'c1', values: { persistence: { size: '20Gi' } } }))
  expect(JSON.stringify(installs[0]?.body)).not.toContain('secret')
})

test('a service whose values cannot be had is installed again under its name', async () => {
  portal()
  answer('get', 'services/s7/values/', problem('not_found', 'Not found', ''), 404)
  renderAt(`${address}?name=orders-db&namespace=shop&from=s7`)
  expect(await screen.findByLabelText('Service name')).toHaveValue('orders-db')
  expect(screen.getByLabelText('Namespace')).toHaveValue('shop')
})

test('only what differs is sent; the secret goes with it and is not in the check or the text', async () => {
  const { installs, preflights } = portal()
  const { user } = renderAt(address)
  const disk = await screen.findByLabelText('Disk')
  await user.clear(disk)
  await user.type(disk, '20')
  await user.type(screen.getByLabelText('Password'), 'geheim')
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Storage class' }), 'fast-ssd')
  const difference = screen.getByLabelText('Values that differ from the defaults')
  expect(difference).toHaveTextContent('+ size: 20Gi')
  expect(difference).not.toHaveTextContent('geheim')
  await waitFor(() => expect(preflights.at(-1)?.body).toMatchObject({ values: { persistence: { size: '20Gi', storageClass: 'fast-ssd' } } }))
  expect(JSON.stringify(preflights.map((call) => call.body))).not.toContain('geheim')
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.click(await installButton())
  await waitFor(() => expect(installs[0]?.body).toMatchObject({ values: { persistence: { size: '20Gi', storageClass: 'fast-ssd' }, auth: { password: 'geheim' } } }))
})

test('form and YAML are one state: text changes the form, and what is wrong blocks the button and says why', async () => {
  portal()
  const { user } = renderAt(address)
  await user.click(await screen.findByRole('button', { name: 'Edit' }))
  const text = await screen.findByLabelText('Values as YAML')
  await user.type(text, 'auth:{enter}  database: shop{enter}wrong: 1')
  expect(screen.getByLabelText(/Database/)).toHaveValue('shop')
  expect(await screen.findByText('The package does not know this value.')).toBeInTheDocument()
  expect(await installButton()).toBeDisabled()
  expect(screen.getByText('Some values need a look first.')).toBeInTheDocument()
})

test('a list of groups of values is shown and changed as YAML, with what an entry takes', async () => {
  const { installs } = portal()
  const buckets = {
    type: 'array', title: 'Buckets', 'x-form': { order: 3, group: 'Basics', widget: 'list' },
    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, versioning: { type: 'boolean' } } },
  }
  answer('get', 'catalog/packages/postgresql/versions/1.0.0/form/', {
    ...form, schema: { ...form.schema, properties: { ...form.schema.properties, buckets } }, values: { ...form.values, buckets: [{ name: 'data', versioning: true }] },
  })
  const { user } = renderAt(address)
  const field = await screen.findByLabelText('Buckets')
  expect(field).toHaveValue('- name: data\n  versioning: true\n')
  expect(screen.getByText('Each entry, as YAML, needs name; it may have versioning.')).toBeInTheDocument()
  await user.type(field, '- name: logs')
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.click(await installButton())
  await waitFor(() => expect(installs).toHaveLength(1))
  expect(installs[0]?.body).toMatchObject({ values: { buckets: [{ name: 'data', versioning: true }, { name: 'logs' }] } })
})

test('an empty list of groups may begin with an example', async () => {
  portal()
  const models = {
    type: 'array', title: 'Versions', examples: [[{ uri: 's3://m/1', weight: 100, version: '1' }]], 'x-form': { order: 3, group: 'Basics', widget: 'list' },
    items: { type: 'object', required: ['version', 'weight'], properties: { version: { type: 'string' }, weight: { type: 'integer' }, uri: { type: 'string' } } },
  }
  answer('get', 'catalog/packages/postgresql/versions/1.0.0/form/', {
    ...form, schema: { ...form.schema, properties: { ...form.schema.properties, models } }, values: { ...form.values, models: [] },
  })
  const { user } = renderAt(address)
  await user.click(await screen.findByRole('button', { name: 'Begin with an example' }))
  expect(screen.getByLabelText('Versions')).toHaveValue('- version: "1"\n  weight: 100\n  uri: s3://m/1\n')
  expect(screen.queryByRole('button', { name: 'Begin with an example' })).not.toBeInTheDocument()
})

test('a conditional field appears with its condition', async () => {
  portal()
  const { user } = renderAt(address)
  await screen.findByLabelText('Reachable from')
  expect(screen.queryByLabelText('Node port')).not.toBeInTheDocument()
  await user.selectOptions(screen.getByLabelText('Reachable from'), 'NodePort')
  expect(screen.getByLabelText('Node port')).toBeInTheDocument()
})

test('a taken name is said as one types', async () => {
  const { names } = portal()
  const { user } = renderAt(address)
  const name = await screen.findByLabelText('Service name')
  await waitFor(() => expect(name).toHaveValue('postgresql-1'))
  await user.clear(name)
  await user.type(name, 'orders')
  expect((await screen.findAllByText('A service of this name runs on prod-eu.')).length).toBeGreaterThan(0)
  await waitFor(() => expect(names.at(-1)?.body).toEqual({ package: 'postgresql', name: 'orders', cluster: 'c1' }))
  expect(await installButton()).toBeDisabled()
})

test("the plan's values are the base of the form", async () => {
  portal()
  const { user } = renderAt(address)
  expect(await screen.findByLabelText('Disk')).toHaveValue('5')
  await user.click(screen.getByRole('radio', { name: /Standard/ }))
  expect(screen.getByLabelText('Disk')).toHaveValue('50')
  expect(within(screen.getByRole('complementary')).getByText('as in the package')).toBeInTheDocument()
})

test("the server's refusal lands on its field", async () => {
  portal()
  answer('post', 'organizations/tern/services/', problem('values.invalid', 'Some values cannot be used', 'See the fields.', { 'values.auth.database': ['This name is reserved.'] }), 400)
  const { user } = renderAt(address)
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.click(await installButton())
  expect((await screen.findAllByText('This name is reserved.')).length).toBeGreaterThan(0)
  expect(screen.getByLabelText(/Database/)).toHaveAttribute('aria-invalid', 'true')
})

const stackMember = (name: string, title: string, bound: string[], optional = false) => ({ name, title, package: name, package_title: title, icon_url: '', version: '1.0.0', app_version: '4.0', optional, bound_to: bound, plans: [{ plan: 'small', of_package: 'small', requests: { cpu: 0.5, memory: 1073741824, storage: 0, pods: 1 } }] })

function stackPortal() {
  const calls = portal()
  answer('get', 'catalog/packages/data-stack/', { ...item, kind: 'stack', name: 'data-stack', title: 'Data stack', members: [stackMember('kafka', 'Kafka', []), stackMember('cache', 'Cache', [], true), stackMember('spark', 'Spark', ['kafka', 'cache'])] })
  answer('get', 'catalog/packages/data-stack/versions/1.0.0/form/', { schema: { type: 'object', additionalProperties: false, properties: { kafka: { type: 'object' }, cache: { type: 'object' }, spark: { type: 'object' } } }, values: { kafka: { replicas: 1, auth: { password: '' } }, cache: {}, spark: {} }, values_yaml: '', plans: [{ name: 'small', values: {} }], secrets: ['kafka.auth.password'] })
  const stacks = answer('post', 'organizations/tern/stacks/', { ...operation('o1', 'queued'), kind: 'install_stack' }, 202)
  answer('get', 'operations/o1/', { ...operation('o1', 'succeeded'), kind: 'install_stack', subject: { type: 'stack', id: 'k1', name: 'data' } })
  answer('get', 'stacks/k1/', problem('not_found', 'Not found', ''), 404)
  return { ...calls, stacks }
}

test('a stack is installed by its name, a plan and a cluster; a member may be left out', async () => {
  const { stacks, preflights, installs } = stackPortal()
  const { user, path } = renderAt('/o/tern/catalogue/data-stack/install')
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  expect(screen.getByLabelText('Stack name')).toHaveValue('postgresql-1')
  const spark = screen.getByText('postgresql-1-spark').closest('li') as HTMLElement
  expect(spark).toHaveTextContent('bound to Kafka, Cache')
  expect(await violations()).toEqual([])
  await user.click(screen.getByRole('checkbox', { name: 'Install Cache' }))
  expect(spark).toHaveTextContent('bound to Kafka')
  expect(spark).not.toHaveTextContent('Cache')
  await waitFor(() => expect(preflights.at(-1)?.body).toMatchObject({ package: 'data-stack', without: ['cache'] }))
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.click(await installButton())
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o1'))
  expect(installs).toHaveLength(0)
  expect(stacks[0]?.body).toEqual({ stack: 'data-stack', without: ['cache'], version: '1.0.0', plan: 'small', name: 'postgresql-1', cluster: 'c1', namespace: 'postgresql-1', values: {} })
})

test('values of a stack are written by member, and its secrets stay out of the text', async () => {
  const { stacks } = stackPortal()
  const { user } = renderAt('/o/tern/catalogue/data-stack/install')
  await user.click(await screen.findByRole('button', { name: 'Edit' }))
  await user.type(await screen.findByLabelText('Values as YAML'), 'kafka:{enter}  auth: {{ password: geheim }{enter}  replicas: 3')
  expect(sessionStorage.getItem('anywhere.install.tern:data-stack')).not.toContain('geheim')
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.click(await installButton())
  await waitFor(() => expect(stacks[0]?.body).toMatchObject({ values: { kafka: { replicas: 3, auth: { password: 'geheim' } } } }))
})

test('a service to be bound to is picked among those of the namespace that publish what is taken', async () => {
  const { installs } = portal()
  const bindings = { type: 'object', properties: { objectStore: { type: 'string', title: 'Object store', 'x-form': { order: 9, group: 'Basics', widget: 'bindingRef', accepts: 's3' } } } }
  answer('get', 'catalog/packages/postgresql/versions/1.0.0/form/', {
    ...form, schema: { ...form.schema, properties: { ...form.schema.properties, bindings } }, values: { ...form.values, bindings: { objectStore: '' } },
  })
  answer('get', 'organizations/tern/services/bindable/', [
    { service: 'files', package: 'object-store', title: 'Object store', type: 's3', secret: 'files-binding' },
    { service: 'events', package: 'kafka', title: 'Apache Kafka', type: 'kafka', secret: 'events-binding' },
  ])
  const { user } = renderAt(address)
  const picker = await screen.findByRole('combobox', { name: 'Object store' })
  await waitFor(() => expect(within(picker).getAllByRole('option').map((each) => each.textContent)).toEqual(['None', 'files · Object store']))
  await user.selectOptions(picker, 'files · Object store')
  await waitFor(async () => expect(await installButton()).toBeEnabled())
  await user.click(await installButton())
  await waitFor(() => expect(installs).toHaveLength(1))
  expect(installs[0]?.body).toMatchObject({ values: { bindings: { objectStore: 'files-binding' } } })
})
