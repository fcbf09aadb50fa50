import { screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { violations } from '../../test/axe'
import { renderAt } from '../../test/render'
import { answer, listOf, problem, type Call } from '../../test/server'

const card = (name: string, title: string, category: string) => ({ kind: 'package', members: [] as object[], name, title, summary: `${title} in a sentence.`, category, icon_url: '', version: '1.0.0', license: 'Apache-2.0', installs: 2, plans: ['small'], provider: { slug: 'anywhere', name: 'Anywhere' } })
const cards = [card('postgresql', 'PostgreSQL', 'databases'), card('kafka', 'Kafka', 'streaming')]
const facets = { categories: [{ name: 'databases', title: 'Databases', count: 1 }, { name: 'streaming', title: 'Messages and streams', count: 1 }] }
const portal = () => answer('get', 'catalog/packages/', ({ url }: Call) => {
  const q = url.searchParams.get('q') ?? ''
  const category = url.searchParams.get('category')
  const found = cards.filter((each) => each.name.includes(q) && (!category || each.category === category))
  return { ...listOf(found), facets, did_you_mean: found.length ? null : 'kafka' }
})

test('a search is asked as one types and kept in the address', async () => {
  const calls = portal()
  const { user, search } = renderAt('/o/tern/catalogue')
  expect(await screen.findByRole('heading', { name: 'PostgreSQL' })).toBeInTheDocument()
  expect(await violations()).toEqual([])
  await user.type(screen.getByRole('searchbox', { name: 'Search the catalogue' }), 'kafka')
  await waitFor(() => expect(screen.queryByRole('heading', { name: 'PostgreSQL' })).not.toBeInTheDocument())
  expect(search()).toEqual({ q: 'kafka' })
  expect(calls.at(-1)?.url.searchParams.get('q')).toBe('kafka')
})

test('a typing error is answered with what was meant', async () => {
  portal()
  const { user } = renderAt('/o/tern/catalogue?q=kafak')
  await user.click(await screen.findByRole('link', { name: 'Search for kafka' }))
  expect(await screen.findByRole('heading', { name: 'Kafka' })).toBeInTheDocument()
  expect(screen.getByRole('searchbox')).toHaveValue('kafka')
})

test('a category shows its packages only', async () => {
  portal()
  const { user } = renderAt('/o/tern/catalogue')
  await user.click(await screen.findByRole('link', { name: 'Databases 1' }))
  await waitFor(() => expect(screen.queryByRole('heading', { name: 'Kafka' })).not.toBeInTheDocument())
  expect(screen.getByRole('heading', { name: 'PostgreSQL' })).toBeInTheDocument()
})

test('an error says what happened', async () => {
  answer('get', 'catalog/packages/', problem('catalog.down', 'The catalogue cannot be read', 'Its files are missing.'), 503)
  renderAt('/o/tern/catalogue')
  expect(await screen.findByText('The catalogue cannot be read')).toBeInTheDocument()
})

test('a stack says how many services it is', async () => {
  const member = (name: string) => ({ name, title: name, package: name, icon_url: '' })
  const stack = { ...card('data-stack', 'Data stack', 'streaming'), kind: 'stack', members: [member('kafka'), member('spark')] }
  answer('get', 'catalog/packages/', { ...listOf([...cards, stack]), facets, did_you_mean: null })
  renderAt('/o/tern/catalogue')
  const link = await screen.findByRole('link', { name: /Data stack/ })
  expect(link).toHaveTextContent('2 services')
  expect(screen.getByRole('link', { name: /PostgreSQL/ })).not.toHaveTextContent('services')
  expect(await violations()).toEqual([])
})
