import { screen } from '@testing-library/react'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem } from '../../test/server'

test('says who did what to which service', async () => {
  answer('get', 'organizations/tern/audit/', listOf([
    { id: 'a1', at: '2026-11-21T14:00:00Z', actor: { email: 'mira@tern.example' }, action: 'service.scale', subject: { type: 'service', id: 's1', name: 'orders' }, detail: { replicas: 5 } },
  ]))
  renderAt('/o/tern/activity')
  expect(await screen.findByRole('link', { name: 'orders' })).toHaveAttribute('href', '/o/tern/services/s1')
  expect(screen.getByText('mira@tern.example')).toBeInTheDocument()
  expect(screen.getByText('replicas 5')).toBeInTheDocument()
  expect(await violations()).toEqual([])
})
test('is empty at first', async () => {
  answer('get', 'organizations/tern/audit/', listOf([]))
  renderAt('/o/tern/activity')
  expect(await screen.findByText('Nothing happened yet')).toBeInTheDocument()
})
test('says when it may not be read', async () => {
  answer('get', 'organizations/tern/audit/', problem('access.forbidden', 'Owners can read this', 'Ask an owner.'), 403)
  renderAt('/o/tern/activity')
  expect(await screen.findByText('Owners can read this')).toBeInTheDocument()
})
