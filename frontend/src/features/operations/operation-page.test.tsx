import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import type { Operation, OperationEvent } from '../../api/types'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem, server } from '../../test/server'

const operation: Operation = {
  id: 'o1', kind: 'install', state: 'running', subject: { type: 'service', id: 's1', name: 'orders-db' }, organization: 'tern', requested_by: 'mira@tern.example',
  created_at: '2026-11-21T14:00:00Z', started_at: '2026-11-21T14:00:01Z', finished_at: null, deadline_at: null, summary: '', attempt: 1, workloads: [], error: null, result: null, usual_seconds: 60, can_cancel: true,
  steps: [
    { name: 'check', title: 'Check the cluster', state: 'done', started_at: '2026-11-21T14:00:01Z', finished_at: '2026-11-21T14:00:03Z', detail: 'It fits' },
    { name: 'settle', title: 'Wait until it is healthy', state: 'running', started_at: '2026-11-21T14:00:03Z', finished_at: null, detail: '' },
  ],
}
const service = {
  id: 's1', name: 'orders-db', organization: 'tern', cluster: { id: 'c1', name: 'prod-eu', is_practice: false, reachable: true }, namespace: 'orders', package: { name: 'postgresql', title: 'PostgreSQL', icon_url: '' },
  version: '1.0.0', plan: 'small', desired: { version: '1.0.0', plan: 'small', generation: 1, replicas: {} }, operation: null, scaling: [], update: null, state: 'present', data_kept: [], created_at: '2026-11-21T14:00:00Z',
  created_by: null, health: { verdict: 'progressing', reason: 'Starting.', since: null, observed_at: null, stale: false },
}
const failed: Operation = {
  ...operation, state: 'failed', finished_at: '2026-11-21T14:01:00Z', can_cancel: false,
  error: {
    code: 'workload.image_not_found', title: 'The image postgres:99 was not found', detail: 'The registry has no such version.', whose: 'yours', kept: 'The volume.',
    cause: { kind: 'Pod', name: 'orders-db-0', reason: 'ErrImagePull', message: 'manifest unknown', log_tail: ['last line'] },
    next: [{ action: 'retry', title: 'Try again', detail: 'If the registry was away.' }, { action: 'change', title: 'Choose another version', detail: '' }],
  },
}
const event = (seq: number, over: Partial<OperationEvent>): OperationEvent => ({ seq, at: '2026-11-21T14:00:05Z', step: 'settle', level: 'info', event: 'log', message: '', data: null, ...over })

/** Streams the events and then ends, or stays silent. */
function stream(events: OperationEvent[]): void {
  server.use(http.get('*/api/v1/operations/o1/events/', () => new HttpResponse(
    events.map((each) => `id: ${each.seq}\nevent: ${each.event}\ndata: ${JSON.stringify(each)}\n\n`).join(''), { headers: { 'Content-Type': 'text/event-stream' } })))
}

test('shows the steps, and what comes over the line', async () => {
  answer('get', 'operations/o1/', operation)
  answer('get', 'services/s1/', service)
  stream([
    event(1, { message: 'pulling image' }),
    event(2, { event: 'workload', data: { workloads: [{ kind: 'StatefulSet', name: 'orders-db', ready: 0, desired: 1, state: 'progressing', detail: 'pulling image' }] } }),
  ])
  renderAt('/o/tern/operations/o1')
  expect(await screen.findByRole('heading', { level: 1, name: 'Installing orders-db' })).toBeInTheDocument()
  expect(screen.getByText('Check the cluster')).toBeInTheDocument()
  expect(await within(screen.getByRole('log')).findByText('pulling image')).toBeInTheDocument()
  expect(await screen.findByRole('img', { name: 'orders-db: 0 of 1 ready' })).toBeInTheDocument()
  expect(await violations()).toEqual([])
})

test('reads the end fresh when the line says it is done', async () => {
  let reads = 0
  answer('get', 'operations/o1/', () => (reads++ === 0 ? operation : { ...operation, state: 'succeeded', finished_at: '2026-11-21T14:01:00Z' }))
  answer('get', 'services/s1/', service)
  stream([event(1, { event: 'done', data: { state: 'succeeded' } })])
  renderAt('/o/tern/operations/o1')
  expect(await screen.findByRole('heading', { level: 1, name: 'orders-db is installed' })).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Connect' })).toHaveAttribute('href', '/o/tern/services/s1/connect')
})

test('stops after saying what that means', async () => {
  answer('get', 'operations/o1/', operation)
  answer('get', 'services/s1/', service)
  stream([])
  const calls = answer('post', 'operations/o1/cancel/', { ...operation, state: 'cancelling' }, 202)
  const { user } = renderAt('/o/tern/operations/o1')
  await user.click(await screen.findByRole('button', { name: 'Stop' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog).toHaveTextContent('stays in the cluster')
  await user.click(within(dialog).getByRole('button', { name: 'Stop' }))
  await waitFor(() => expect(calls).toHaveLength(1))
  expect(calls[0]?.headers.get('Idempotency-Key')).toBeTruthy()
})

test('a failure shows the cause, what was kept, the cluster\'s words and the ways out', async () => {
  answer('get', 'operations/o1/', failed)
  answer('get', 'operations/o1/events/', listOf([event(1, { message: 'said before' })]))
  answer('get', 'services/s1/', service)
  const retries = answer('post', 'services/s1/retry/', { ...operation, id: 'o2' }, 202)
  answer('get', 'operations/o2/', { ...operation, id: 'o2', state: 'succeeded' })
  answer('get', 'operations/o2/events/', listOf([]))
  const { user, path } = renderAt('/o/tern/operations/o1')
  expect(await screen.findByRole('heading', { name: 'The image postgres:99 was not found' })).toBeInTheDocument()
  expect(screen.getByText('The volume.', { exact: false })).toBeInTheDocument()
  expect(screen.getByRole('region', { name: "The cluster's words" })).toHaveTextContent('ErrImagePull: manifest unknown')
  expect(screen.getByText('last line')).toBeInTheDocument()
  expect(await screen.findByText('said before')).toBeInTheDocument()
  expect(await violations()).toEqual([])
  expect(screen.getByRole('link', { name: 'Change values' })).toHaveAttribute('href', '/o/tern/services/s1/values?do=change')
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o2'))
  expect(retries).toHaveLength(1)
})

test('one that was stopped says what was left and can be tried again', async () => {
  answer('get', 'operations/o1/', { ...failed, state: 'cancelled', error: { ...failed.error, title: 'Cancelled', detail: 'Revision 1 stays.', kept: 'Revision 1 stays.', next: [] } })
  answer('get', 'operations/o1/events/', listOf([]))
  answer('get', 'services/s1/', service)
  const retries = answer('post', 'services/s1/retry/', { ...operation, id: 'o2' }, 202)
  answer('get', 'operations/o2/', problem('x', 'On the way', ''), 404)
  const { user, path } = renderAt('/o/tern/operations/o1')
  expect(await screen.findByText('Revision 1 stays.')).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o2'))
  expect(retries).toHaveLength(1)
})

test('one that is not there says so', async () => {
  answer('get', 'operations/o1/', problem('not_found', 'There is no such operation', 'It may belong to another organization.'), 404)
  renderAt('/o/tern/operations/o1')
  expect(await screen.findByText('This is not here')).toBeInTheDocument()
})

describe('the list of operations', () => {
  test('shows each with its state and links to it', async () => {
    answer('get', 'organizations/tern/operations/', listOf([failed]))
    renderAt('/o/tern/operations')
    expect(await screen.findByRole('link', { name: 'Install orders-db' })).toHaveAttribute('href', '/o/tern/operations/o1')
    expect(screen.getByText('The image postgres:99 was not found')).toBeInTheDocument()
    expect(await violations()).toEqual([])
  })
  test('keeps the filter in the address and asks for it', async () => {
    const calls = answer('get', 'organizations/tern/operations/', listOf([]))
    const { user, search } = renderAt('/o/tern/operations')
    expect(await screen.findByText('Nothing has been done yet')).toBeInTheDocument()
    await user.click(screen.getByRole('button', { name: 'Failed' }))
    expect(await screen.findByText('No operation matches')).toBeInTheDocument()
    expect(search()).toEqual({ state: 'failed' })
    expect(calls.at(-1)?.url.searchParams.get('state')).toBe('failed')
  })
  test('says why when it cannot be read', async () => {
    answer('get', 'organizations/tern/operations/', problem('portal.busy', 'Anywhere is busy', 'Try again.'), 500)
    renderAt('/o/tern/operations')
    expect(await screen.findByText('Anywhere is busy')).toBeInTheDocument()
  })
})

test('an operation that is not there is said as a page, and not asked for again', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const calls = answer('get', 'operations/o9/', problem('not_found', 'Not found', 'There is no such thing.'), 404)
  renderAt('/o/tern/operations/o9')
  const heading = await screen.findByRole('heading', { level: 1, name: 'This is not here' })
  expect(heading).toHaveFocus()
  expect(document.title).toBe('This is not here · Anywhere')
  expect(await violations()).toEqual([])
  await vi.advanceTimersByTimeAsync(20_000)
  expect(calls).toHaveLength(1)
  vi.useRealTimers()
})

const ofStack: Operation = {
  ...operation, kind: 'install_stack', subject: { type: 'stack', id: 'k1', name: 'data' },
  steps: [
    { name: 'preflight', title: 'Check that all of it fits', state: 'done', started_at: '2026-11-21T14:00:01Z', finished_at: '2026-11-21T14:00:03Z', detail: '', operation: null },
    { name: 'kafka', title: 'Kafka', state: 'running', started_at: '2026-11-21T14:00:03Z', finished_at: null, detail: '', operation: 'o2' },
    { name: 'spark', title: 'Spark', state: 'pending', started_at: null, finished_at: null, detail: '', operation: null },
  ],
}
const stack = { id: 'k1', name: 'data', plan: 'small', package: { name: 'data-stack', title: 'Data stack', icon_url: '' }, state: 'present', operation: null, health: { verdict: 'progressing', reason: 'data-kafka: Starting.' }, members: [{ member: 'kafka', id: 's-kafka', state: 'present', verdict: 'progressing' }, { member: 'spark', state: 'planned', verdict: 'unknown' }] }

test('the members of a stack are steps with their own progress and the way to their own page', async () => {
  answer('get', 'operations/o1/', ofStack)
  answer('get', 'operations/o2/', { ...operation, id: 'o2', parent: 'o1', workloads: [{ kind: 'StatefulSet', name: 'data-kafka', ready: 1, desired: 3, state: 'progressing', detail: '' }] })
  answer('get', 'stacks/k1/', stack)
  stream([])
  renderAt('/o/tern/operations/o1')
  expect(await screen.findByRole('heading', { level: 1, name: 'Installing data' })).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'data' })).toHaveAttribute('href', '/o/tern/stacks/k1')
  expect(await screen.findByText('Step 2 of 2: wait until it is healthy')).toBeInTheDocument()
  expect(screen.getByRole('img', { name: 'data-kafka: 1 of 3 ready' })).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Its own steps and log' })).toHaveAttribute('href', '/o/tern/operations/o2')
  expect(await screen.findByText('0 of 1 services healthy. data-kafka: Starting.')).toBeInTheDocument()
  expect(await violations()).toEqual([])
})

test('a failed member is tried again with its stack', async () => {
  const failure = failed.error && { ...failed.error, title: 'data-kafka: The image was not found', next: [{ action: 'change', title: 'Change values of data-kafka', detail: '' }, { action: 'retry', title: 'Retry', detail: 'Goes on where it stopped.' }, { action: 'uninstall', title: 'Uninstall', detail: '' }] }
  const steps = ofStack.steps.map((step) => (step.name === 'kafka' ? { ...step, state: 'failed' } : step))
  answer('get', 'operations/o1/', { ...ofStack, steps, state: 'failed', error: failure })
  answer('get', 'operations/o1/events/', listOf([]))
  answer('get', 'operations/o3/', { ...ofStack, id: 'o3' })
  answer('get', 'stacks/k1/', stack)
  const retried = answer('post', 'stacks/k1/retry/', { ...ofStack, id: 'o3', state: 'queued' }, 202)
  const { user, path } = renderAt('/o/tern/operations/o1')
  expect(await screen.findByRole('heading', { name: 'data-kafka: The image was not found' })).toBeInTheDocument()
  expect(screen.getByRole('link', { name: 'Uninstall' })).toHaveAttribute('href', '/o/tern/stacks/k1?do=uninstall')
  expect(await screen.findByRole('link', { name: 'Change values' })).toHaveAttribute('href', '/o/tern/services/s-kafka/values?do=change')
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(path()).toBe('/o/tern/operations/o3'))
  expect(retried).toHaveLength(1)
})
