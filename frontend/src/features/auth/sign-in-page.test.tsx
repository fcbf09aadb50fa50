import { screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem, session } from '../../test/server'

const nobody = { ...session, user: null }
const fill = async (user: ReturnType<typeof renderAt>['user']) => {
  await user.type(await screen.findByLabelText('Email'), 'mira@tern.example')
  await user.type(screen.getByLabelText('Password'), 'correct horse')
  await user.click(screen.getByRole('button', { name: 'Sign in' }))
}

test('it asks who is nobody to sign in, and brings them back to the page they wanted', async () => {
  answer('get', 'auth/session/', nobody)
  answer('get', 'organizations/tern/services/', listOf([]))
  answer('get', 'organizations/tern/clusters/', listOf([{ id: 'c1' }]))
  const calls = answer('post', 'auth/session/', session)
  const { user, path } = renderAt('/o/tern')
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeInTheDocument()
  await fill(user)
  await waitFor(() => expect(path()).toBe('/o/tern'))
  expect(calls[0]?.body).toEqual({ email: 'mira@tern.example', password: 'correct horse' })
})

test('it says why a sign-in was refused', async () => {
  answer('get', 'auth/session/', nobody)
  answer('post', 'auth/session/', problem('auth.invalid_credentials', 'Email and password do not match', 'Check both and try again.'), 401)
  const { user } = renderAt('/sign-in')
  await fill(user)
  expect(await screen.findByRole('alert')).toHaveTextContent('Email and password do not match')
})

test('it names the field that is empty before asking the server', async () => {
  answer('get', 'auth/session/', nobody)
  const { user } = renderAt('/sign-in')
  await user.click(await screen.findByRole('button', { name: 'Sign in' }))
  expect(screen.getByText('Your email address is needed.')).toBeInTheDocument()
  expect(screen.getByLabelText('Email')).toHaveFocus()
  expect(await violations()).toEqual([])
})
