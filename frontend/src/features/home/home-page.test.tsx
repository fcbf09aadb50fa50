import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem, session } from '../../test/server'

const counts = { healthy: 1, progressing: 0, degraded: 0, failed: 1, suspended: 0, unknown: 0 }
const service = (id: string, name: string, verdict: string, reason: string) => ({
  id, name, organization: 'tern', cluster: { id: 'c1', name: 'prod-eu', is_practice: false, reachable: true }, namespace: name,
  package: { name: 'kafka', title: 'Kafka', icon_url: '' }, version: '1.0.0', plan: 'small', desired: { version: '1.0.0', plan: 'small', generation: 1, replicas: { broker: 3 } },
  operation: null, health: { verdict, reason, since: '2026-11-01T00:00:00Z', observed_at: null, stale: false }, scaling: [], update: null, state: 'present', data_kept: [], created_at: '2026-11-01T00:00:00Z', created_by: null,
})
const attention = { kind: 'service.failed', title: 'clicks was not installed', detail: 'The image does not exist.', since: null, service: { id: 's1', name: 'clicks' }, cluster: null, operation: 'o1', action: { label: 'Choose a fix', href: '/o/tern/operations/o1' } }
const oneCluster = () => answer('get', 'organizations/tern/clusters/', listOf([{ id: 'c1' }]))

test('what needs a person is the title, and each line has its fix', async () => {
  answer('get', 'organizations/tern/overview/', { needs_attention: [attention], counts, recent: [] })
  answer('get', 'organizations/tern/services/', listOf([service('s2', 'orders', 'healthy', ''), service('s1', 'clicks', 'failed', 'image not found')]))
  oneCluster()
  renderAt('/o/tern')
  expect(await screen.findByRole('heading', { name: '1 thing needs you' })).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Choose a fix' })).toHaveAttribute('href', '/o/tern/operations/o1')
  const rows = within(await screen.findByRole('table')).getAllByRole('row').slice(1)
  expect(rows.map((row) => within(row).getByRole('link').textContent)).toEqual(['clicks', 'orders'])
  expect(document.title).toBe('Home · Anywhere')
  expect(await violations()).toEqual([])
})

test('with nothing there yet it asks one question and practice starts by one click', async () => {
  answer('get', 'organizations/tern/services/', listOf([]))
  answer('get', 'organizations/tern/clusters/', listOf([]))
  answer('get', 'catalog/packages/', { ...listOf([]), facets: { categories: [] }, did_you_mean: null })
  const calls = answer('post', 'organizations/tern/clusters/practice/', { id: 'o7', kind: 'register', state: 'queued', subject: { type: 'cluster', id: 'c1', name: 'practice' }, steps: [], workloads: [] }, 202)
  answer('get', 'operations/o7/', { id: 'o7', kind: 'register', state: 'succeeded', subject: { type: 'cluster', id: 'c1', name: 'practice' }, steps: [], workloads: [], error: null, created_at: '2026-11-01T00:00:00Z' })
  answer('get', 'operations/o7/events/', listOf([]))
  const { user, path } = renderAt('/o/tern')
  expect(await screen.findByRole('heading', { name: 'Where should your services run?' })).toBeInTheDocument()
  expect(await violations()).toEqual([])
  await user.click(await screen.findByRole('button', { name: 'Start practising' }))
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o7'))
  expect(calls).toHaveLength(1)
})

test('a viewer sees what is there and no button to install', async () => {
  answer('get', 'auth/session/', { ...session, user: { ...session.user, organizations: [{ slug: 'tern', name: 'Tern', role: 'viewer' }] } })
  answer('get', 'organizations/tern/overview/', { needs_attention: [], counts, recent: [] })
  answer('get', 'organizations/tern/services/', listOf([service('s2', 'orders', 'healthy', '')]))
  oneCluster()
  renderAt('/o/tern')
  expect(await screen.findByRole('heading', { name: 'Nothing needs you' })).toBeInTheDocument()
  expect(screen.queryByRole('link', { name: 'Install a service' })).not.toBeInTheDocument()
})

test('an error says what happened and offers to try again', async () => {
  answer('get', 'organizations/tern/overview/', problem('portal.database_down', 'The portal cannot read its database', 'Your services keep running.'), 503)
  answer('get', 'organizations/tern/services/', listOf([service('s2', 'orders', 'healthy', '')]))
  oneCluster()
  const { user } = renderAt('/o/tern')
  expect(await screen.findByRole('heading', { level: 1, name: 'The portal cannot read its database' })).toBeInTheDocument()
  answer('get', 'organizations/tern/overview/', { needs_attention: [], counts, recent: [] })
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('heading', { name: 'Nothing needs you' })).toBeInTheDocument()
})
