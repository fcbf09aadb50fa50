import type { OperationEvent } from '../../../api/types'
import { appendEvent, applyEvent, logLines, logText, readEvent, stepWord, type OperationRecord } from './live'

const event = (over: Partial<OperationEvent>): OperationEvent => ({ seq: 1, at: '2026-11-21T14:00:20Z', step: 'apply', level: 'info', event: 'log', message: 'said', data: null, ...over })
const operation: OperationRecord = {
  id: 'o1', kind: 'install', state: 'queued', subject: { type: 'service', id: 's1', name: 'orders-db' }, organization: 'tern', requested_by: null, created_at: '2026-11-21T14:00:00Z',
  started_at: null, finished_at: null, deadline_at: null, summary: '', attempt: 1, workloads: [], error: null, result: null, usual_seconds: null, can_cancel: true,
  steps: [{ name: 'apply', title: 'Create the objects', state: 'pending', started_at: null, finished_at: null, detail: '' }],
}

describe('reading a message of the stream', () => {
  test('one of ours becomes an event', () => {
    const read = readEvent({ id: '7', event: 'step', data: '{"seq":7,"at":"2026-11-21T14:00:20Z","step":"apply","level":"info","message":"","data":{"name":"apply","state":"running"}}' })
    expect(read).toMatchObject({ seq: 7, event: 'step', step: 'apply', data: { state: 'running' } })
  })
  test.each([
    ['another event', { id: '1', event: 'ping', data: '{}' }],
    ['broken JSON', { id: '1', event: 'log', data: '{' }],
    ['a list', { id: '1', event: 'log', data: '[]' }],
    ['no number', { id: null, event: 'log', data: '{"message":"x"}' }],
  ])('%s is left out', (_, message) => {
    expect(readEvent(message)?.seq || null).toBeNull()
  })
})

test('the log stays in order and never repeats a line', () => {
  const log = [3, 1, 2, 3].reduce<OperationEvent[]>((lines, seq) => appendEvent(lines, event({ seq })), [])
  expect(log.map((line) => line.seq)).toEqual([1, 2, 3])
})

describe('folding an event into an operation', () => {
  test('a step begins and ends', () => {
    const begun = applyEvent(operation, event({ event: 'step', data: { name: 'apply', state: 'running', detail: '' } }))
    expect(begun.steps[0]).toMatchObject({ state: 'running', started_at: '2026-11-21T14:00:20Z', finished_at: null })
    const done = applyEvent(begun, event({ event: 'step', at: '2026-11-21T14:00:26Z', data: { name: 'apply', state: 'done', detail: '23 objects accepted' } }))
    expect(done.steps[0]).toMatchObject({ state: 'done', detail: '23 objects accepted', finished_at: '2026-11-21T14:00:26Z', started_at: '2026-11-21T14:00:20Z' })
  })
  test('a step not known yet is added', () => {
    expect(applyEvent(operation, event({ event: 'step', data: { name: 'settle', title: 'Wait', state: 'pending' } })).steps.map((step) => step.name)).toEqual(['apply', 'settle'])
  })
  test('workloads are replaced as a whole', () => {
    const first = applyEvent(operation, event({ event: 'workload', data: { workloads: [{ kind: 'StatefulSet', name: 'a', ready: 0, desired: 1, state: '', detail: '' }] } }))
    const second = applyEvent(first, event({ event: 'workload', data: { workloads: [{ kind: 'StatefulSet', name: 'b', ready: 1, desired: 1, state: '', detail: '' }] } }))
    expect(second.workloads.map((workload) => workload.name)).toEqual(['b'])
  })
  test('a state that runs begins the clock; a final one is read fresh, not taken from here', () => {
    expect(applyEvent(operation, event({ event: 'state', data: { state: 'running' } }))).toMatchObject({ state: 'running', started_at: '2026-11-21T14:00:20Z' })
    expect(applyEvent(operation, event({ event: 'state', data: { state: 'succeeded' } })).state).toBe('queued')
  })
  test('a step that turned out to be needed gets its place, and keeps it', () => {
    const told = event({ event: 'step', step: 'r1-b-0-0', data: { name: 'r1-b-0-0', title: 'Move the data off orders-2', state: 'pending', detail: '', before: 'apply' } })
    const once = applyEvent(operation, told)
    expect(once.steps.map((step) => step.name)).toEqual(['r1-b-0-0', 'apply'])
    expect(once.steps[0]?.title).toBe('Move the data off orders-2')
    expect(applyEvent(once, told).steps).toEqual(once.steps)
  })
  test('the same event twice changes nothing more', () => {
    const one = event({ event: 'step', data: { name: 'apply', state: 'running' } })
    expect(applyEvent(applyEvent(operation, one), one)).toEqual(applyEvent(operation, one))
  })
})

test.each([
  ['settle', 'settle'], ['r1-b-0-0', 'command'], ['r12-apply', 'apply'], ['c1-claims', 'claims'], ['p0-0-1', 'command'], ['u-0-0', 'command'], ['object-store', 'object-store'],
])('a line of %s is of %s', (step, word) => {
  expect(stepWord(step)).toBe(word)
})

test('the plain log is what was said; everything adds steps and debug lines', () => {
  const lines = [event({ seq: 1 }), event({ seq: 2, level: 'debug' }), event({ seq: 3, event: 'step', message: 'waiting' }), event({ seq: 4, message: '' })]
  expect(logLines(lines, true).map((line) => line.seq)).toEqual([1])
  expect(logLines(lines, false).map((line) => line.seq)).toEqual([1, 2, 3])
  expect(logText([event({})])).toBe('2026-11-21T14:00:20Z info apply: said')
})
