import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem } from '../../test/server'

const token = { id: 't1', name: 'pipeline', prefix: 'aw_3f9c', created_at: '2026-11-01T00:00:00Z', expires_at: null, last_used_at: null }
const people = [{ id: 'm1', email: 'mira@tern.example', name: 'Mira Koch', role: 'owner', joined_at: '2026-11-01T00:00:00Z' }, { id: 'm2', email: 'bob@tern.example', name: '', role: 'viewer', joined_at: '2026-11-01T00:00:00Z' }]
const portal = (tokens: unknown[]) => {
  answer('get', 'account/tokens/', listOf(tokens))
  answer('get', 'organizations/tern/members/', listOf(people))
}

test('a new token is shown once', async () => {
  portal([])
  const calls = answer('post', 'account/tokens/', { id: 't2', name: 'laptop', token: 'aw_secret', created_at: '2026-11-01T00:00:00Z', expires_at: null }, 201)
  const { user } = renderAt('/o/tern/account')
  expect(await screen.findByText(/You have none/)).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'New token' }))
  const dialog = await screen.findByRole('dialog')
  await user.type(within(dialog).getByLabelText('Name'), 'laptop')
  await user.click(within(dialog).getByRole('button', { name: 'Create token' }))
  expect(await screen.findByText('aw_secret')).toBeInTheDocument()
  expect(calls[0]?.body).toEqual({ name: 'laptop', expires_in_days: 90 })
  await user.click(screen.getAllByRole('button', { name: 'Close' }).at(-1) as HTMLElement)
  await waitFor(() => expect(screen.queryByText('aw_secret')).not.toBeInTheDocument())
})

test('a token is ended after a sentence says what happens', async () => {
  portal([token])
  const calls = answer('delete', 'account/tokens/t1/', null, 204)
  const { user } = renderAt('/o/tern/account')
  await screen.findByRole('button', { name: 'End token pipeline' })
  expect(await violations()).toEqual([])
  await user.click(screen.getByRole('button', { name: 'End token pipeline' }))
  expect(await screen.findByText(/Whatever uses it is refused/)).toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'End token' }))
  await waitFor(() => expect(calls).toHaveLength(1))
})

test('a wrong current password is said at its field', async () => {
  portal([])
  answer('post', 'account/password/', problem('account.wrong_password', 'The current password is wrong', 'Check it.', { current_password: ['This is not right.'] }), 400)
  const { user } = renderAt('/o/tern/account')
  await user.type(await screen.findByLabelText('Current password'), 'old')
  await user.type(screen.getByLabelText('New password'), 'long enough 1')
  await user.click(screen.getByRole('button', { name: 'Change password' }))
  expect(await screen.findByText('This is not right.')).toBeInTheDocument()
  expect(screen.getByLabelText('Current password')).toHaveAttribute('aria-invalid', 'true')
})

test('an owner changes the role of a person', async () => {
  portal([])
  const calls = answer('patch', 'organizations/tern/members/m2/', { ...people[1], role: 'member' })
  const { user } = renderAt('/o/tern/account')
  await user.selectOptions(await screen.findByLabelText('Role of bob@tern.example'), 'member')
  await waitFor(() => expect(calls[0]?.body).toEqual({ role: 'member' }))
})
