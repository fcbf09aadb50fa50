import { expect, test } from 'vitest'
import type { PackageCard } from '../../../api/types'
import { readCatalogueSearch } from './search'
import { shelvesOf } from './shelves'

const card = (name: string, category: string): PackageCard => ({ kind: 'package', members: [], name, title: name, summary: '', category, icon_url: '', version: '1', license: '', installs: 0, plans: [], provider: { slug: 'anywhere', name: 'Anywhere' } })

test('the address keeps only what is known', () => {
  expect(readCatalogueSearch({ q: 'kafka', category: '', sort: 'popular', other: 1 })).toEqual({ q: 'kafka' })
  expect(readCatalogueSearch({ q: 7, sort: 'newest' })).toEqual({ sort: 'newest' })
})

test('packages stand on the shelf of their purpose, unknown ones last', () => {
  const shelves = shelvesOf({ results: [card('odd', 'x'), card('postgresql', 'databases')], facets: { categories: [{ name: 'databases', title: 'Databases', count: 1 }, { name: 'caches', title: 'Caches', count: 0 }] } })
  expect(shelves.map((shelf) => [shelf.title, shelf.packages.map((each) => each.name)])).toEqual([['Databases', ['postgresql']], ['Others', ['odd']]])
})
