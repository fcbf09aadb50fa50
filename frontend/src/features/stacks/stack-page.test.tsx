import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import type { Operation, Stack, StackMember } from '../../api/types'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, problem } from '../../test/server'

const member = (name: string, title: string, over: Partial<StackMember> = {}): StackMember => ({
  member: name, title, id: `s-${name}`, name: `data-${name}`, package: { name, title, icon_url: '' }, plan: 'small', state: 'present', verdict: 'healthy', reason: '', bound_to: [], operation: null, ...over,
})
const stack: Stack = {
  id: 'k1', name: 'data', organization: 'tern', cluster: { id: 'c1', name: 'prod-eu', is_practice: false, reachable: true }, namespace: 'data', package: { name: 'data-stack', title: 'Data stack', icon_url: '' },
  version: '1.0.0', plan: 'small', state: 'present', operation: null, health: { verdict: 'failed', reason: 'data-spark: The image was not found.' },
  members: [member('kafka', 'Kafka'), member('object-store', 'Object store'), member('spark', 'Spark', { verdict: 'failed', reason: 'The image was not found.', bound_to: ['kafka', 'object-store'] })],
  created_at: '2026-11-01T00:00:00Z', created_by: 'mira@tern.example',
}
const operation = (over: Partial<Operation>): Operation => ({
  id: 'o1', kind: 'install_stack', state: 'running', subject: { type: 'stack', id: 'k1', name: 'data' }, organization: 'tern', requested_by: null, created_at: '2026-11-01T00:00:00Z', started_at: null, finished_at: null,
  deadline_at: null, summary: '', attempt: 1, steps: [], workloads: [], error: null, result: null, usual_seconds: null, can_cancel: true, ...over,
})

test('a stack shows its services, how they are and what each is bound to', async () => {
  answer('get', 'stacks/k1/', stack)
  renderAt('/o/tern/stacks/k1')
  expect(await screen.findByRole('heading', { level: 1, name: 'data' })).toBeInTheDocument()
  expect(screen.getByText('Small, 3 services')).toBeInTheDocument()
  expect(screen.getByText('2 of 3 services healthy. data-spark: The image was not found.')).toBeInTheDocument()
  const rows = within(screen.getByRole('table')).getAllByRole('row').slice(1)
  expect(rows.map((row) => within(row).getByRole('link').getAttribute('href'))).toEqual(['/o/tern/services/s-kafka', '/o/tern/services/s-object-store', '/o/tern/services/s-spark'])
  expect(within(rows[2] as HTMLElement).getByText('Kafka')).toBeInTheDocument()
  expect(within(rows[2] as HTMLElement).getByText('Object store')).toBeInTheDocument()
  expect(await violations()).toEqual([])
})

test('while it is being installed it leads to the operation, and services that are not there yet are no links', async () => {
  answer('get', 'stacks/k1/', { ...stack, operation: operation({}), members: [member('kafka', 'Kafka', { state: 'planned', verdict: 'unknown' }), member('spark', 'Spark', { state: 'planned' })] })
  renderAt('/o/tern/stacks/k1')
  expect(await screen.findByText('Installing data')).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Watch it' })).toHaveAttribute('href', '/o/tern/operations/o1')
  expect(screen.getAllByText('Not installed yet')).toHaveLength(2)
  expect(screen.queryByRole('link', { name: 'data-kafka' })).not.toBeInTheDocument()
})

test('a failed install says why and where to go on', async () => {
  const error = { code: 'x', title: 'data-spark: The image was not found', detail: '', whose: 'yours' as const, cause: null, kept: '', next: [] }
  answer('get', 'stacks/k1/', { ...stack, operation: operation({ state: 'failed', error }) })
  renderAt('/o/tern/stacks/k1')
  expect(await screen.findByText('data was not installed')).toBeInTheDocument()
  expect(screen.getByText('data-spark: The image was not found')).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'See what to do' })).toBeInTheDocument()
})

test('uninstalling keeps the data, or wants the name typed', async () => {
  answer('get', 'stacks/k1/', stack)
  answer('get', 'operations/o2/', problem('x', 'On the way', ''), 404)
  const calls = answer('post', 'stacks/k1/uninstall/', operation({ id: 'o2', kind: 'uninstall_stack', state: 'queued' }), 202)
  const { user, path } = renderAt('/o/tern/stacks/k1')
  await user.click(await screen.findByRole('button', { name: 'Uninstall all of it' }))
  const dialog = await screen.findByRole('dialog')
  expect(within(dialog).getByText(/data-spark, data-object-store and data-kafka stop in this order/)).toBeInTheDocument()
  await user.click(within(dialog).getByRole('radio', { name: /Delete the data too/ }))
  expect(within(dialog).getByRole('button', { name: 'Uninstall and delete the data' })).toBeDisabled()
  await user.type(within(dialog).getByRole('textbox'), 'data')
  await user.click(within(dialog).getByRole('button', { name: 'Uninstall and delete the data' }))
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o2'))
  expect(calls[0]?.body).toEqual({ delete_data: true, confirm: 'data' })
})

test('an uninstalled stack can be installed again under the same name', async () => {
  answer('get', 'stacks/k1/', { ...stack, state: 'uninstalled', members: [member('kafka', 'Kafka', { state: 'uninstalled' })] })
  renderAt('/o/tern/stacks/k1')
  expect(await screen.findByText('This stack is uninstalled')).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Install again' })).toHaveAttribute('href', '/o/tern/catalogue/data-stack/install?plan=small&cluster=c1&name=data&namespace=data&from=k1')
  expect(screen.queryByRole('button', { name: 'Uninstall all of it' })).not.toBeInTheDocument()
})

test('one that is not there says so', async () => {
  answer('get', 'stacks/k1/', problem('not_found', 'Not found', 'There is nothing at this address, or it is not yours.'), 404)
  renderAt('/o/tern/stacks/k1')
  expect(await screen.findByRole('heading', { name: 'This is not here' })).toBeInTheDocument()
})
