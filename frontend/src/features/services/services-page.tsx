/** The list of services: worst first, with filters that live in the address. */
import '../../styles/ops.css'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useDebouncedCallback } from '@mantine/hooks'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useState, type ReactElement } from 'react'
import { Button, ButtonLink } from '../../components/button'
import { Icon } from '../../components/icon'
import { PageHead } from '../../components/page'
import { ProblemPanel } from '../../components/problem-panel'
import { ServiceTable, worstFirst } from '../../components/service-table'
import { Empty, Loading, SkeletonCard } from '../../components/states'
import { verdictOrder, verdictWords } from '../../components/verdict'
import { useLastError } from '../../lib/last-error'
import { servicesQuery, type ServiceFilters } from '../../lib/services'
import { useMayChange } from '../../lib/session'
import { clustersQuery } from '../../lib/subjects'

function Search({ value, onChange }: { value: string; onChange: (text: string) => void }): ReactElement {
  const [text, setText] = useState(value)
  const later = useDebouncedCallback(onChange, 250)
  useEffect(() => setText(value), [value])
  return (
    <label className="search grow">
      <Icon name="search" /><span className="vh">Search services</span>
      <input type="search" value={text} placeholder="Name of a service" onChange={(event) => { setText(event.target.value); later(event.target.value.trim()) }} />
    </label>
  )
}

function Filters({ filters, org, choose }: { filters: ServiceFilters; org: string; choose: (change: ServiceFilters) => void }): ReactElement {
  const clusters = useQuery(clustersQuery(org)).data?.results ?? []
  return (
    <div className="row">
      <Search value={filters.q ?? ''} onChange={(q) => choose({ q: q || undefined })} />
      <select className="in auto" aria-label="Health" value={filters.verdict ?? ''} onChange={(event) => choose({ verdict: event.target.value || undefined })}>
        <option value="">Any health</option>
        {verdictOrder.map((verdict) => <option key={verdict} value={verdict}>{verdictWords[verdict]}</option>)}
      </select>
      <select className="in auto" aria-label="Cluster" value={filters.cluster ?? ''} onChange={(event) => choose({ cluster: event.target.value || undefined })}>
        <option value="">Any cluster</option>
        {clusters.map((cluster) => <option key={cluster.id} value={cluster.id}>{cluster.name}</option>)}
      </select>
      <button type="button" className="chip" aria-pressed={filters.state === 'uninstalled'} onClick={() => choose({ state: filters.state === 'uninstalled' ? undefined : 'uninstalled' })}>Uninstalled</button>
    </div>
  )
}

export function ServicesPage(): ReactElement {
  const { org } = useParams({ from: '/app/o/$org/services' })
  const filters = useSearch({ from: '/app/o/$org/services' })
  const navigate = useNavigate()
  const mayChange = useMayChange()
  const query = useInfiniteQuery(servicesQuery(org, filters))
  const error = useLastError(query)
  const services = query.data?.pages.flatMap((page) => page.results) ?? []
  const filtered = Object.values(filters).some(Boolean)
  const none = query.data !== undefined && services.length === 0 && !filtered
  const go = (search: ServiceFilters) => void navigate({ to: '/o/$org/services', params: { org }, search, replace: true })
  const install = <ButtonLink look="main" to="/o/$org/catalogue" params={{ org }}><Icon name="plus" />Install a service</ButtonLink>
  return (
    <>
      <PageHead title="Services" lead={filters.state === 'uninstalled' ? 'What was uninstalled. Data that was kept is found again when the same package is installed under the same name.' : 'Everything that runs for this organization, worst first.'} acts={mayChange && !none ? install : undefined} />
      {(filtered || services.length > 0) && <Filters filters={filters} org={org} choose={(change) => go({ ...filters, ...change })} />}
      {error !== null && !query.data && <ProblemPanel problem={error} onRetry={() => void query.refetch()} />}
      {query.isPending && error === null && <Loading what="services" onRetry={() => void query.refetch()}><SkeletonCard lines={8} /></Loading>}
      {query.data && services.length === 0 && (
        <section className="card">
          {filtered
            ? <Empty title={filters.q ? `No service matches “${filters.q}”` : 'No service matches'} action={<Button onClick={() => go({})}>Clear filters</Button>}>Other filters may show more.</Empty>
            : <Empty title="No services yet" action={mayChange ? install : undefined}>A service is a database, a stream or a cache that runs on one of your clusters. Choose one in the catalogue.</Empty>}
        </section>
      )}
      {services.length > 0 && (
        <section className="card">
          <ServiceTable org={org} services={worstFirst(services)} />
          {query.hasNextPage && <div className="pad"><Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button></div>}
        </section>
      )}
    </>
  )
}
