/** What the address of the catalogue says. */
export interface CatalogueSearch {
  q?: string
  category?: string
  sort?: 'name' | 'newest' | 'popular'
}

/** Only what is known is kept; the default order is left out. */
export function readCatalogueSearch(search: Record<string, unknown>): CatalogueSearch {
  const result: CatalogueSearch = {}
  if (typeof search.q === 'string' && search.q) result.q = search.q
  if (typeof search.category === 'string' && search.category) result.category = search.category
  if (search.sort === 'newest' || search.sort === 'name') result.sort = search.sort
  return result
}
