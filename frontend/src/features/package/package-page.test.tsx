import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, problem } from '../../test/server'

const item = {
  kind: 'package', members: [], name: 'kafka', title: 'Kafka', summary: 'Streams of events.', category: 'streaming', icon_url: '', version: '1.0.0', license: 'Apache-2.0', installs: 0,
  provider: { slug: 'anywhere', name: 'Anywhere' },
  plans: [{ name: 'small', title: 'Small', summary: 'For trying.', recommended: true, requests: { cpu: 0.25, memory: 1073741824, storage: 10737418240 }, values: {} }],
  versions: [{ version: '1.0.0', app_version: '4.3.1', published_at: '2026-11-01T00:00:00Z', digest: 'sha256:0123456789abcdef' }],
  readme_html: '<h2>Topics</h2>', creates: ['1 StatefulSet with a volume'], requires: { kubernetes: '>=1.29.0-0', storage: true }, links: [{ title: 'Website', url: 'https://kafka.apache.org' }], maintainer: 'Anywhere', scaling: [], endpoints: [],
}
const question = (state: string, result: unknown) => ({ id: 'p1', kind: 'preflight', state, subject: { type: 'none', id: null, name: '' }, steps: [], workloads: [], result, error: null })

test('it says what it is, its plans, what it creates and needs, and where it fits', async () => {
  answer('get', 'catalog/packages/kafka/', item)
  answer('post', 'organizations/tern/services/names/', { suggested: 'kafka-1', name: { available: true }, namespace: { suggested: 'kafka-1', exists: false } })
  const asked = answer('post', 'organizations/tern/preflight/', question('succeeded', { clusters: [{ cluster: { id: 'c1', name: 'prod-eu', is_practice: false }, verdict: 'no', findings: [{ level: 'error', code: 'capacity', title: 'No node has 1 GiB free', detail: '', fix: '' }], requests: null }] }), 202)
  renderAt('/o/tern/catalogue/kafka')
  expect(await screen.findByRole('heading', { level: 1, name: 'Kafka' })).toBeInTheDocument()
  expect(screen.getByText('1 StatefulSet with a volume')).toBeInTheDocument()
  expect(screen.getByText('0.25 cores')).toBeInTheDocument()
  expect(screen.getByText('1.29 or newer')).toBeInTheDocument()
  expect(screen.getByRole('heading', { name: 'Topics' })).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Install Kafka' })).toHaveAttribute('href', '/o/tern/catalogue/kafka/install')
  expect(await screen.findByText('No node has 1 GiB free')).toBeInTheDocument()
  expect(await violations()).toEqual([])
  expect(asked[0]?.body).toMatchObject({ package: 'kafka', plan: 'small', name: 'kafka-1' })
})

test('a package that first needs a value says which, and not that a cluster does not fit', async () => {
  answer('get', 'catalog/packages/kafka/', item)
  answer('post', 'organizations/tern/services/names/', { suggested: 'kafka-1', name: { available: true }, namespace: { suggested: 'kafka-1', exists: false } })
  const finding = { level: 'error', code: 'chart.invalid', title: 'The chart cannot be rendered with these values', detail: 'models is empty. Name at least one version.', fix: '' }
  answer('post', 'organizations/tern/preflight/', question('succeeded', { clusters: [{ cluster: { id: 'c1', name: 'prod-eu', is_practice: false }, verdict: 'no', findings: [finding], requests: {} }] }), 202)
  renderAt('/o/tern/catalogue/kafka')
  const said = await screen.findByText('Not checked yet: models is empty. Name at least one version.')
  expect(said.parentElement?.querySelector('.v-unknown')).toHaveTextContent('prod-eu')
  expect(screen.queryByText(/cannot be rendered/)).not.toBeInTheDocument()
})

test('a package that is not there says so', async () => {
  answer('get', 'catalog/packages/nothing/', problem('not_found', 'Not found', ''), 404)
  renderAt('/o/tern/catalogue/nothing')
  expect(await screen.findByRole('heading', { level: 1, name: 'This is not here' })).toBeInTheDocument()
})

test('a stack shows its services, what each asks for with each plan, and how they are bound', async () => {
  const requests = { cpu: 0.5, memory: 1073741824, storage: 0, pods: 1 }
  const member = (name: string, title: string, bound: string[], optional = false) => ({ name, title, package: name, package_title: title, icon_url: '', version: '1.0.0', app_version: '4.0', optional, bound_to: bound, plans: [{ plan: 'small', of_package: 'small', requests }] })
  answer('get', 'catalog/packages/data-stack/', { ...item, kind: 'stack', name: 'data-stack', title: 'Data stack', creates: [], members: [member('kafka', 'Kafka', []), member('spark', 'Spark', ['kafka'], true)] })
  answer('post', 'organizations/tern/services/names/', { suggested: 'data-stack', name: { available: true }, namespace: { suggested: 'data-stack', exists: false } })
  const asked = answer('post', 'organizations/tern/preflight/', question('succeeded', { clusters: [] }), 202)
  renderAt('/o/tern/catalogue/data-stack')
  const table = within(await screen.findByRole('region', { name: 'What it installs' }))
  const rows = table.getAllByRole('row').slice(1)
  expect(rows[0]).toHaveTextContent('nothing')
  expect(rows[1]).toHaveTextContent('may be left out')
  expect(within(rows[1] as HTMLElement).getByText('Kafka')).toBeInTheDocument()
  expect(rows[1]).toHaveTextContent('0.5 cores, 1 GiB')
  expect(screen.getByText('Stack of 2 services')).toBeInTheDocument()
  expect(screen.queryByRole('heading', { name: 'What it needs' })).not.toBeInTheDocument()
  await waitFor(() => expect(asked[0]?.body).toMatchObject({ package: 'data-stack', name: 'data-stack' }))
  expect(await violations()).toEqual([])
})
