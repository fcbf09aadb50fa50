import { expect, test } from 'vitest'
import type { PreflightResult } from '../../../api/types'
import { chooseCluster, choosePlan } from './choice'
import { beginDraft, emptyDraft, readDraft, serverErrors } from './draft'
import { refusalAtField } from './refusal'

const checked = (id: string, verdict: 'fits' | 'risk' | 'no'): PreflightResult['clusters'][number] => ({ cluster: { id, name: `cluster-${id}`, is_practice: false }, verdict, findings: [], requests: null })

test('a cluster that fits goes before one with a risk, and one that does not fit is never taken', () => {
  expect(chooseCluster(null, [checked('a', 'risk'), checked('b', 'fits')])?.cluster.id).toBe('b')
  expect(chooseCluster('a', [checked('a', 'risk'), checked('b', 'fits')])?.cluster.id).toBe('a')
  expect(chooseCluster('a', [checked('a', 'no')])).toBeNull()
})

test('a cluster stays to be chosen while the chart refuses the values, which says nothing of the cluster', () => {
  const refused = { ...checked('a', 'no'), findings: [{ level: 'error' as const, code: 'chart.invalid', title: 'Cannot be rendered', detail: 'models is empty.', fix: '' }] }
  expect(chooseCluster(null, [refused])?.cluster.id).toBe('a')
  expect(chooseCluster(null, [checked('b', 'no'), refused, checked('c', 'risk')])?.cluster.id).toBe('c')
})

test('a refusal of the chart belongs to the field that it names first', () => {
  const field = (more = {}) => ({ 'x-form': { order: 1, group: 'Basics', ...more } })
  const schema = { type: 'object', properties: {
    backup: { type: 'object', properties: { enabled: { type: 'boolean', ...field() }, prefix: field({ showIf: { path: 'backup.enabled', equals: true } }) } },
    bindings: { type: 'object', properties: { objectStore: field() } },
    models: { type: 'array', ...field() }, replicas: field(),
  } }
  const at = (words: string) => Object.keys(refusalAtField(words, schema, { backup: { enabled: false } }))
  expect(at('backup.enabled needs bindings.objectStore, the store that the copies go to.')).toEqual(['backup.enabled'])
  expect(at('backup.prefix lies in a store: name it in bindings.objectStore.')).toEqual(['bindings.objectStore'])
  expect(at('models is empty. Name at least one.')).toEqual(['models'])
  expect(at('Kafka keeps replicas of its data on 3 nodes.')).toEqual([])
  expect(at('a.backup.enabledX is odd.')).toEqual([])
})

test('what is installed again begins as it was, and a reload keeps what was changed since', () => {
  const former = { name: 'orders', values: { replicas: 3 } }
  expect(beginDraft(null, former, {})).toEqual({ ...emptyDraft, ...former })
  expect(beginDraft(JSON.stringify({ ...emptyDraft, name: 'orders-2' }), former, {}).name).toBe('orders-2')
  expect(beginDraft(JSON.stringify({ ...emptyDraft, plan: 'small' }), {}, { plan: 'large' }).plan).toBe('large')
})

test('the recommended plan is taken unless another is wanted', () => {
  const plans = [{ name: 'small' }, { name: 'standard', recommended: true }]
  expect(choosePlan(null, plans)?.name).toBe('standard')
  expect(choosePlan('small', plans)?.name).toBe('small')
  expect(choosePlan('gone', plans)?.name).toBe('standard')
})

test('a draft survives a reload; what is not one is an empty draft', () => {
  const draft = { ...emptyDraft, name: 'orders-db', values: { replicas: 3 } }
  expect(readDraft(JSON.stringify(draft))).toEqual(draft)
  expect(readDraft('no json')).toEqual(emptyDraft)
  expect(readDraft('[1]')).toEqual(emptyDraft)
})

test("the server's findings land on their fields", () => {
  expect(serverErrors({ 'values.auth.database': ['Too long.'], name: ['Taken.'] })).toEqual({ values: { 'auth.database': ['Too long.'] }, own: { name: ['Taken.'] } })
})
