import type { Operation, Step } from '../../../api/types'
import { timeline, timeSentence, workloadStep } from './timeline'

const step = (over: Partial<Step>): Step => ({ name: 'apply', title: 'Create the objects', state: 'pending', started_at: null, finished_at: null, detail: '', ...over })
const now = Date.parse('2026-11-21T14:02:00Z')
const operation = (over: Partial<Operation>): Operation => ({
  id: 'o1', kind: 'install', state: 'running', subject: { type: 'service', id: 's1', name: 'orders-db' }, organization: 'tern', requested_by: null,
  created_at: '2026-11-21T14:00:00Z', started_at: '2026-11-21T14:00:12Z', finished_at: null, deadline_at: null, summary: '', attempt: 1, steps: [], workloads: [], error: null,
  result: null, usual_seconds: null, can_cancel: true, ...over,
})

describe('timeline', () => {
  test.each([
    ['a step under way counts up to now', 'running', step({ state: 'running', started_at: '2026-11-21T14:01:18Z' }), { tone: 'now', time: '42 s', verdict: 'progressing' }],
    ['a done step keeps its length', 'running', step({ state: 'done', started_at: '2026-11-21T14:00:12Z', finished_at: '2026-11-21T14:00:18Z' }), { tone: 'done', time: '6 s', verdict: 'healthy' }],
    ['a quick step says so', 'running', step({ state: 'done', started_at: '2026-11-21T14:00:12.100Z', finished_at: '2026-11-21T14:00:12.300Z' }), { tone: 'done', time: 'under 1 s' }],
    ['a step to come has no time', 'running', step({}), { tone: 'todo', time: '', verdict: null }],
    ['a step never reached says so', 'failed', step({}), { tone: 'todo', time: 'not reached', verdict: null }],
    ['a skipped step was not needed', 'succeeded', step({ state: 'skipped' }), { tone: 'off', time: 'not needed', verdict: null }],
    ['a stopped step says so', 'cancelled', step({ state: 'cancelled' }), { tone: 'off', time: 'stopped', verdict: 'suspended' }],
    ['a failed step is bad', 'failed', step({ state: 'failed', started_at: '2026-11-21T13:51:00Z', finished_at: '2026-11-21T14:01:00Z' }), { tone: 'bad', time: '10 min', verdict: 'failed' }],
  ] as const)('%s', (_, state, given, expected) => {
    expect(timeline({ state, steps: [given] }, now)[0]).toMatchObject(expected)
  })
})

describe('the time of an operation', () => {
  test.each([
    ['while it runs, with what is usual', operation({ usual_seconds: 180 }), '1 min 48 s so far, usually about 3 min'],
    ['while it runs, with nothing known', operation({}), '1 min 48 s so far'],
    ['when it is over', operation({ state: 'succeeded', finished_at: '2026-11-21T14:00:59Z' }), 'took 47 s'],
    ['when it waits', operation({ state: 'queued', started_at: null }), 'Waits for its turn'],
    ['when it never began', operation({ state: 'superseded', started_at: null }), 'Did not start'],
  ])('%s', (_, given, expected) => {
    expect(timeSentence(given, now)).toBe(expected)
  })
})

test('workloads are shown inside the step that waits for them', () => {
  expect(workloadStep([step({ name: 'apply', state: 'done' }), step({ name: 'settle' })])).toBe('settle')
  expect(workloadStep([step({ name: 'apply', state: 'done' }), step({ name: 'prove', state: 'running' })])).toBe('prove')
  expect(workloadStep([step({})])).toBeNull()
})
