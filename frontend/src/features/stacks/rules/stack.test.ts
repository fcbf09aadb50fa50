import { expect, test } from 'vitest'
import type { Operation, StackMember } from '../../../api/types'
import { absence, askedFor, boundTo, seen } from './stack'

const member = (name: string, verdict: StackMember['verdict'] = 'healthy', state: StackMember['state'] = 'present', bound: string[] = []): StackMember => ({
  member: name, title: name.toUpperCase(), id: `id-${name}`, name: `data-${name}`, package: { name, title: name, icon_url: '' }, plan: 'small', state, verdict, reason: '', bound_to: bound, operation: null,
})

test('the plan and the services that are wanted are what was asked for', () => {
  expect(askedFor({ plan: 'small', members: [member('a'), member('b', 'unknown', 'planned')] })).toBe('Small, 2 services')
  expect(askedFor({ plan: 'large', members: [member('a'), member('b', 'unknown', 'uninstalled')] })).toBe('Large, 1 service')
})

test('a stack is as well as the worst of its services, and says how many are well', () => {
  const health = { verdict: 'failed' as const, reason: 'data-b: The image was not found.' }
  expect(seen({ state: 'present', members: [member('a'), member('b', 'failed')], health, operation: null })).toEqual({ verdict: 'failed', text: '1 of 2 services healthy. data-b: The image was not found.' })
  expect(seen({ state: 'present', members: [member('a'), member('b')], health: { verdict: 'healthy', reason: '' }, operation: null })).toEqual({ verdict: 'healthy', text: 'All 2 services healthy.' })
  expect(seen({ state: 'present', members: [member('a', 'unknown', 'planned')], health: { verdict: 'unknown', reason: '' }, operation: null }).text).toBe('Nothing of it runs yet.')
  expect(seen({ state: 'uninstalled', members: [], health: { verdict: 'unknown', reason: '' }, operation: null }).verdict).toBe('suspended')
})

test('while it is being installed, a service whose turn has not come is nothing to worry about', () => {
  const operation = { state: 'running' } as Operation
  const members = [member('a'), member('b', 'unknown')]
  expect(seen({ state: 'present', members, health: { verdict: 'unknown', reason: 'data-b: Nothing is installed yet.' }, operation })).toEqual({ verdict: 'progressing', text: '1 of 2 services healthy.' })
  expect(seen({ state: 'present', members, health: { verdict: 'unknown', reason: 'data-b: Silent.' }, operation: null }).verdict).toBe('unknown')
})

test('a service that is not there says whether it comes or has gone', () => {
  expect(absence(member('a', 'unknown', 'planned'))).toBe('Not installed yet')
  expect(absence(member('a', 'unknown', 'uninstalled'))).toBe('Uninstalled')
})

test('bindings lead to the services at their other end', () => {
  const app = member('app', 'healthy', 'present', ['a', 'b', 'c'])
  const members = [member('a'), member('b', 'unknown', 'uninstalled'), app]
  expect(boundTo({ members }, app)).toEqual([{ title: 'A', id: 'id-a', gone: false }, { title: 'B', id: 'id-b', gone: true }])
})
