import { screen } from '@testing-library/react'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf } from '../../test/server'

test('shows installs by version, health and why operations failed', async () => {
  answer('get', 'providers/anywhere/packages/', listOf([{
    package: { name: 'kafka', title: 'Kafka' }, installs: 3, versions: [{ version: '1.1.0', installs: 2, health: { healthy: 2 } }, { version: '1.0.0', installs: 1, health: { failed: 1 } }],
    failed_operations: [{ cause_code: 'capacity.memory', title: 'No node has enough memory', count: 4, last_at: '2026-11-21T14:00:00Z', examples: ['o1'] }],
  }]))
  renderAt('/p/anywhere/packages')
  expect(await screen.findByRole('heading', { name: 'Kafka' })).toBeInTheDocument()
  expect(screen.getByRole('img', { name: '1.1.0: 2 installs, 2 healthy' })).toBeInTheDocument()
  expect(screen.getByText('No node has enough memory')).toBeInTheDocument()
  expect(await violations()).toEqual([])
  expect(screen.getByText('66 %')).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Example 1' })).toHaveAttribute('href', '/o/tern/operations/o1')
})
test('a provider without packages is told what appears here', async () => {
  answer('get', 'providers/anywhere/packages/', listOf([]))
  renderAt('/p/anywhere/packages')
  expect(await screen.findByText('Nothing published yet')).toBeInTheDocument()
})
