import { expect, test } from 'vitest'
import type { PreflightResult } from '../../../api/types'
import { chooseCluster, choosePlan } from './choice'
import { emptyDraft, readDraft, serverErrors } from './draft'

const checked = (id: string, verdict: 'fits' | 'risk' | 'no'): PreflightResult['clusters'][number] => ({ cluster: { id, name: `cluster-${id}`, is_practice: false }, verdict, findings: [], requests: null })

test('a cluster that fits goes before one with a risk, and one that does not fit is never taken', () => {
  expect(chooseCluster(null, [checked('a', 'risk'), checked('b', 'fits')])?.cluster.id).toBe('b')
  expect(chooseCluster('a', [checked('a', 'risk'), checked('b', 'fits')])?.cluster.id).toBe('a')
  expect(chooseCluster('a', [checked('a', 'no')])).toBeNull()
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
