import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, problem } from '../../test/server'

const item = {
  name: 'kafka', title: 'Kafka', summary: 'Streams of events.', category: 'streaming', icon_url: '', version: '1.0.0', license: 'Apache-2.0', installs: 0,
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

test('a package that is not there says so', async () => {
  answer('get', 'catalog/packages/nothing/', problem('not_found', 'Not found', ''), 404)
  renderAt('/o/tern/catalogue/nothing')
  expect(await screen.findByText('This is not here')).toBeInTheDocument()
})
