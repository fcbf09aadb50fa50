import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { renderAt } from '../test/render'
import userEvent from '@testing-library/user-event'
import { answer, listOf, problem, session } from '../test/server'
import { keyAction, paletteKey } from './keys'

const packages = { ...listOf([{ name: 'kafka', title: 'Kafka', summary: 'Streams.', category: 'streaming', icon_url: '', version: '1', license: '', installs: 0, plans: [], provider: { slug: 'a', name: 'A' } }]), facets: { categories: [] }, did_you_mean: null }
function portal() {
  answer('get', 'catalog/packages/', packages)
  answer('get', 'organizations/tern/services/', listOf([]))
  answer('get', 'organizations/tern/clusters/', listOf([]))
  answer('get', 'organizations/tern/stacks/', listOf([]))
}

test.each([
  ['k', true, false, false, 'palette'], ['k', true, true, false, 'palette'], ['g', false, false, false, 'prefix'], ['s', false, false, true, 'services'],
  ['s', false, false, false, null], ['g', false, true, false, null], ['?', false, false, false, 'keys'], ['/', false, false, false, 'search'],
] as const)('key %s (modified %s, typing %s, after g %s) does %s', (key, modified, typing, afterPrefix, action) => {
  expect(keyAction(key, modified, typing, afterPrefix)).toBe(action)
})

test('the palette names the key of this computer', () => {
  expect([paletteKey('MacIntel'), paletteKey('Linux x86_64'), paletteKey('Win32')]).toEqual(['⌘K', 'Ctrl K', 'Ctrl K'])
})

test('every place is a link, and the one shown is marked', async () => {
  portal()
  renderAt('/o/tern/catalogue')
  const main = await screen.findByRole('navigation', { name: 'Main' })
  expect(within(main).getAllByRole('link').map((link) => link.textContent)).toEqual(['Anywhere', 'Home', 'Services', 'Catalogue', 'Clusters', 'Activity'])
  await waitFor(() => expect(within(main).getByRole('link', { name: 'Catalogue' })).toHaveAttribute('aria-current', 'page'))
})

test('Ctrl K finds anything and Enter goes there', async () => {
  portal()
  answer('get', 'catalog/packages/kafka/', { status: 404 }, 404)
  const { user, path } = renderAt('/o/tern/catalogue')
  await screen.findByRole('heading', { name: 'Catalogue' })
  await user.keyboard('{Control>}k{/Control}')
  await user.type(await screen.findByRole('combobox', { name: 'Find or do anything' }), 'kafka')
  expect(await screen.findByRole('option', { name: /Install Kafka/ })).toBeInTheDocument()
  await user.keyboard('{Enter}')
  await waitFor(() => expect(path()).toBe('/o/tern/catalogue/kafka/install'))
})

test('a stack is found by its name', async () => {
  portal()
  const asked = answer('get', 'organizations/tern/stacks/', listOf([{ id: 'k1', name: 'data', package: { title: 'Data stack' }, cluster: { name: 'prod-eu' } }]))
  answer('get', 'stacks/k1/', { status: 404 }, 404)
  const { user, path } = renderAt('/o/tern/catalogue')
  await screen.findByRole('heading', { name: 'Catalogue' })
  await user.keyboard('{Control>}k{/Control}')
  await user.type(await screen.findByRole('combobox', { name: 'Find or do anything' }), 'open data')
  await user.click(await screen.findByRole('option', { name: /data.*Data stack on prod-eu/ }))
  await waitFor(() => expect(path()).toBe('/o/tern/stacks/k1'), { timeout: 10_000 })
  expect(asked.at(-1)?.url.searchParams.get('q')).toBe('data')
})

test('g then k goes to Clusters, but not while typing', async () => {
  portal()
  const { user, path } = renderAt('/o/tern/catalogue')
  await user.type(await screen.findByRole('searchbox'), 'gk')
  expect(path()).toBe('/o/tern/catalogue')
  await user.tab()
  await user.keyboard('gk')
  await waitFor(() => expect(path()).toBe('/o/tern/clusters'))
})

test('signing out ends the session and asks to sign in again', async () => {
  portal()
  const calls = answer('delete', 'auth/session/', null, 204)
  const { user, path } = renderAt('/o/tern/catalogue')
  await user.click(await screen.findByRole('button', { name: /^You: Mira Koch/ }))
  answer('get', 'auth/session/', { ...session, user: null })
  await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }))
  await waitFor(() => expect(path()).toBe('/sign-in'))
  expect(calls).toHaveLength(1)
})

test('an address without a page says so', async () => {
  renderAt('/nowhere/at/all')
  expect(await screen.findByRole('heading', { name: 'There is no page at this address' })).toBeInTheDocument()
})

test('single keys can be turned off', async () => {
  portal()
  const { user, path } = renderAt('/o/tern/catalogue')
  await screen.findByRole('heading', { name: 'Catalogue' })
  await user.keyboard('?')
  await user.click(await screen.findByRole('switch', { name: /Single keys/ }))
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('switch')).not.toBeInTheDocument())
  await user.keyboard('gk')
  expect(path()).toBe('/o/tern/catalogue')
})

test('when the session has ended one signs in and comes back', async () => {
  portal()
  const { path, search } = renderAt('/o/tern/catalogue?q=kafka')
  await screen.findByRole('heading', { name: 'Kafka' })
  answer('get', 'auth/session/', { ...session, user: null })
  answer('get', 'catalog/packages/', problem('auth.required', 'Sign in first', ''), 401)
  await userEvent.type(screen.getByRole('searchbox'), 'x')
  await waitFor(() => expect(path()).toBe('/sign-in'))
  expect(search()).toMatchObject({ next: expect.stringContaining('/o/tern/catalogue') })
})
