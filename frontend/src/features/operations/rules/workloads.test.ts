import type { OperationWorkload } from '../../../api/types'
import { workloadRows, workloadSentence } from './workloads'

const set = (over: Partial<OperationWorkload> = {}): OperationWorkload => ({ kind: 'StatefulSet', name: 'broker', ready: 2, desired: 3, state: 'progressing', detail: 'broker-2: downloading apache/kafka', ...over })
const claim = (over: Partial<OperationWorkload> = {}): OperationWorkload => ({ kind: 'PersistentVolumeClaim', name: 'data-broker-0', ready: 1, desired: 1, state: 'ready', detail: '', ...over })

test('a workload becomes a bar with its words', () => {
  expect(workloadRows([set()])).toEqual([
    { key: 'StatefulSet/broker', name: 'broker', count: '2 of 3', percent: 66, label: 'broker: 2 of 3 ready', why: 'broker-2: downloading apache/kafka', complete: false },
  ])
})

test('volumes are one line together and say what the first waiting one waits for', () => {
  const rows = workloadRows([set(), claim(), claim({ name: 'data-broker-1', ready: 0, detail: 'waiting for a volume of class fast' })])
  expect(rows.map((row) => [row.name, row.count, row.why])).toEqual([
    ['broker', '2 of 3', 'broker-2: downloading apache/kafka'], ['volumes', '1 of 2', 'waiting for a volume of class fast'],
  ])
})

test.each([
  ['nothing is seen', [], null],
  ['one of three is missing', [set()], { text: '2 of 3 are ready. broker: broker-2: downloading apache/kafka', verdict: 'progressing' }],
  ['all are ready', [set({ ready: 3, detail: '' })], { text: '3 of 3 are ready.', verdict: 'healthy' }],
  ['a volume holds it up', [set({ ready: 0, desired: 1, detail: '' }), claim({ ready: 0, detail: 'waiting for volume' })], { text: '0 of 1 is ready. data-broker-0: waiting for volume', verdict: 'progressing' }],
])('what is seen when %s', (_, given, expected) => {
  expect(workloadSentence(given)).toEqual(expected)
})

test('nothing wanted is complete, not a division by zero', () => {
  expect(workloadRows([set({ ready: 0, desired: 0 })])[0]).toMatchObject({ percent: 100, complete: true })
})
