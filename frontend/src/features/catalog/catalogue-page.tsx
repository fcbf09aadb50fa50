/** The catalogue: search as you type, categories, order; shelves by purpose while nothing is searched. */
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState, type ReactElement } from 'react'
import type { PackageCard, PackageList } from '../../api/types'
import { Icon } from '../../components/icon'
import { PageHead } from '../../components/page'
import { Empty, QueryView, Skeleton } from '../../components/states'
import { Tile } from '../../components/tile'
import { count } from '../../lib/format'
import { useOrg } from '../../lib/session'
import { packagesQuery } from './api/packages'
import type { CatalogueSearch } from './rules/search'
import { shelvesOf } from './rules/shelves'

/** Fewer than this fit on one shelf. */
const manyPackages = 8
const from = '/app/o/$org/catalogue'
const orders: { sort: CatalogueSearch['sort']; label: string }[] = [
  { sort: undefined, label: 'Most installed' }, { sort: 'newest', label: 'Newest version' }, { sort: 'name', label: 'A to Z' },
]

function Card({ org, item, below = 2 }: { org: string; item: PackageCard; below?: 2 | 3 }): ReactElement {
  const Heading = below === 3 ? 'h3' : 'h2'
  return (
    <Link className="card pkg" to="/o/$org/catalogue/$package" params={{ org, package: item.name }}>
      <div className="who">
        <Tile name={item.name} title={item.title} iconUrl={item.icon_url} category={item.category} />
        <span className="t"><Heading>{item.title}</Heading><small>{item.kind === 'stack' ? 'Stack' : item.version} · {item.provider.name}</small></span>
      </div>
      <p>{item.summary}</p>
      <footer>{item.kind === 'stack' && <span className="tiles"><b>{count(item.members.length, 'service')}</b>{item.members.map((each) => <Tile key={each.name} name={each.package} title={each.title} iconUrl={each.icon_url} size="sm" />)}</span>}<span>{count(item.plans.length, 'plan')}</span><span>{item.license}</span>{item.installs > 0 && <span>{count(item.installs, 'install')}</span>}</footer>
    </Link>
  )
}

function Filters({ org, search, list }: { org: string; search: CatalogueSearch; list: PackageList }): ReactElement {
  const all = list.facets.categories.reduce((sum, each) => sum + each.count, 0)
  return (
    <aside className="filters" aria-label="Filters">
      <nav aria-label="What it is for">
        <h2>What it is for</h2>
        <Link to="/o/$org/catalogue" params={{ org }} search={{ ...search, category: undefined }} aria-current={search.category ? undefined : 'true'}>Everything <span className="n">{all}</span></Link>
        {list.facets.categories.map((each) => (
          <Link key={each.name} to="/o/$org/catalogue" params={{ org }} search={{ ...search, category: each.name }} aria-current={search.category === each.name ? 'true' : undefined}>{each.title} <span className="n">{each.count}</span></Link>
        ))}
      </nav>
    </aside>
  )
}

function Nothing({ org, search, meant }: { org: string; search: CatalogueSearch; meant: string | null }): ReactElement {
  const what = search.q ? <>No package matches <em>{search.q}</em>.</> : 'No package is here.'
  return (
    <div className="card"><Empty title="Nothing found" action={<>
      {meant && <Link className="btn" to="/o/$org/catalogue" params={{ org }} search={{ q: meant }}>Search for {meant}</Link>}
      <Link className="btn" to="/o/$org/catalogue" params={{ org }} search={{}}>Clear filters</Link>
    </>}>{what}</Empty></div>
  )
}

function CatalogueSkeleton(): ReactElement {
  return <div className="split left"><div className="filters stack">{[1, 2, 3, 4].map((n) => <Skeleton key={n} />)}</div><div className="shelf">{[1, 2, 3, 4, 5, 6].map((n) => <div key={n} className="card pkg"><Skeleton height="2.25rem" /><Skeleton height="3rem" /></div>)}</div></div>
}

export function CataloguePage(): ReactElement {
  const org = useOrg()
  const search = useSearch({ from })
  const navigate = useNavigate()
  const [text, setText] = useState(search.q ?? '')
  const [q] = useDebouncedValue(text.trim(), 150)
  const packages = useQuery(packagesQuery(search))

  useEffect(() => {
    if (q !== (search.q ?? '')) void navigate({ to: '/o/$org/catalogue', params: { org }, search: (now) => ({ ...now, q: q || undefined }), replace: true })
  }, [q])
  useEffect(() => { setText((now) => (now.trim() === (search.q ?? '') ? now : search.q ?? '')) }, [search.q])

  return (
    <>
      <PageHead title="Catalogue" lead="Managed services, ready for your clusters. Each card says what it is for; the package page says where it fits." />
      <label className="search"><Icon name="search" /><span className="vh">Search the catalogue</span>
        <input type="search" placeholder="PostgreSQL, message queue, cache…" value={text} onChange={(event) => setText(event.target.value)} /><span className="kbd" aria-hidden="true">/</span>
      </label>
      <QueryView query={packages} what="the catalogue" skeleton={<CatalogueSkeleton />}>
        {(list) => (
          <div className="split left">
            <Filters org={org} search={search} list={list} />
            <div className="stack" style={{ '--gap': 'var(--aw-5)' }} aria-busy={packages.isFetching}>
              <nav className="chips line" aria-label="Order and filter">
                {orders.map(({ sort, label }) => <Link key={label} className="chip" to="/o/$org/catalogue" params={{ org }} search={{ ...search, sort }} aria-current={search.sort === sort ? 'true' : undefined}>{label}</Link>)}
                {list.facets.categories.map((each) => (
                  <Link key={each.name} className="chip only-s" to="/o/$org/catalogue" params={{ org }} search={{ ...search, category: search.category === each.name ? undefined : each.name }} aria-current={search.category === each.name ? 'true' : undefined}>{each.title}</Link>
                ))}
              </nav>
              <p className="vh" role="status">{count(list.results.length, 'package')} shown</p>
              {list.results.length === 0 && <Nothing org={org} search={search} meant={list.did_you_mean} />}
              {list.results.length > 0 && list.did_you_mean && <p className="dim">Shown for <em>{list.did_you_mean}</em>, the nearest to <em>{search.q}</em>.</p>}
              {search.q || search.category || list.results.length <= manyPackages
                ? <div className="shelf">{list.results.map((item) => <Card key={item.name} org={org} item={item} />)}</div>
                : shelvesOf(list).map((shelf) => (
                  <section key={shelf.name}>
                    <div className="sec-head"><h2>{shelf.title}</h2></div>
                    <div className="shelf">{shelf.packages.map((item) => <Card key={item.name} org={org} item={item} below={3} />)}</div>
                  </section>
                ))}
            </div>
          </div>
        )}
      </QueryView>
    </>
  )
}
