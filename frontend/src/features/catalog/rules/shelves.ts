/** Packages by purpose, in the order of the facets. */
import type { PackageCard, PackageList } from '../../../api/types'

export interface Shelf {
  name: string
  title: string
  packages: PackageCard[]
}

/** One shelf a category; packages of a category without a facet come last. */
export function shelvesOf(list: Pick<PackageList, 'results' | 'facets'>): Shelf[] {
  const shelves: Shelf[] = list.facets.categories.map(({ name, title }) => ({ name, title, packages: list.results.filter((each) => each.category === name) }))
  const known = new Set(shelves.map((shelf) => shelf.name))
  const others = list.results.filter((each) => !known.has(each.category))
  return [...shelves, { name: 'others', title: 'Others', packages: others }].filter((shelf) => shelf.packages.length > 0)
}
