import type { Operation, Step } from '../api/types'
import { currentStep, doingSentence, isActive, isFinal, kindWord, operationTitle, operationWord, whoseSentence } from './operations'

const about = (kind: string, state: Operation['state']) => ({ kind, state, subject: { type: 'service' as const, id: 's1', name: 'orders-db' } })
const step = (name: string, state: Step['state']): Step => ({ name, title: `Do ${name}`, state, started_at: null, finished_at: null, detail: '' })

test.each([
  [about('install', 'running'), 'Installing orders-db'],
  [about('install', 'succeeded'), 'orders-db is installed'],
  [about('install', 'failed'), 'orders-db was not installed'],
  [about('rollback', 'cancelled'), 'orders-db was not rolled back'],
  [about('scale', 'cancelling'), 'Stopping: scaling orders-db'],
  [about('replace_credential', 'succeeded'), 'orders-db has a new credential'],
  [about('change', 'superseded'), 'Change of orders-db was replaced by a newer wish'],
  [about('retry', 'failed'), 'orders-db was not applied again'],
  [about('grow_volume', 'running'), 'Grow volume: orders-db'],
  [about('procedure', 'running'), 'Running a procedure of orders-db'],
  [{ ...about('procedure', 'running'), summary: 'Change the primary' }, 'Running “Change the primary” of orders-db'],
  [{ ...about('procedure', 'succeeded'), summary: 'Change the primary' }, 'orders-db has run “Change the primary”'],
  [{ ...about('procedure', 'cancelling'), summary: 'Change the primary' }, 'Stopping: running “Change the primary” of orders-db'],
  [{ ...about('change', 'running'), summary: 'Change 2 values' }, 'Changing orders-db'],
])('the title of %o', (given, expected) => {
  expect(operationTitle(given)).toBe(expected)
})

test('an operation is named as its button, a procedure as its package names it', () => {
  expect(operationWord({ kind: 'rollback', summary: 'To revision 2' })).toBe('Roll back')
  expect(operationWord({ kind: 'procedure', summary: 'Change the primary' })).toBe('Change the primary')
})

test('a kind is named as its button', () => {
  expect([kindWord('rollback'), kindWord('grow_volume')]).toEqual(['Roll back', 'Grow volume'])
})

test.each([
  ['running', [step('check', 'done'), step('start', 'running'), step('prove', 'pending')], 'Step 2 of 3: do start'],
  ['running', [step('check', 'pending')], 'Starting'],
  ['queued', [], 'Waiting for its turn'],
  ['verifying', [], 'Making sure what happened'],
  ['cancelling', [], 'Stopping'],
  ['failed', [step('check', 'failed')], 'Failed'],
] as const)('what is done when it is %s', (state, steps, expected) => {
  expect(doingSentence({ state, steps: [...steps] })).toBe(expected)
})

test('the step to look at is the one under way, then the failed, then the last done', () => {
  expect(currentStep([step('a', 'done'), step('b', 'failed'), step('c', 'pending')])?.position).toBe(2)
  expect(currentStep([step('a', 'done'), step('b', 'done'), step('c', 'pending')])?.position).toBe(2)
  expect(currentStep([step('a', 'pending')])).toBeNull()
})

test('active and final are opposites, and nothing is not active', () => {
  expect([isActive(about('install', 'verifying')), isFinal('verifying'), isActive(null), isActive(undefined)]).toEqual([true, false, false, false])
})

test('whose fault it is says what to do', () => {
  expect(whoseSentence('cluster')).toContain('Whoever runs it')
  expect(whoseSentence('nobody')).toBe('')
})
