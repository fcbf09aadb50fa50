/** The services on this cluster. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Empty, Loading, Skeleton } from '../../../components/states'
import { ProblemPanel } from '../../../components/problem-panel'
import { ServiceTable, worstFirst } from '../../../components/service-table'
import { servicesQuery } from '../../../lib/services'

export function ServicesCard({ org, cluster }: { org: string; cluster: string }): ReactElement {
  const query = useInfiniteQuery(servicesQuery(org, { cluster }))
  const services = query.data?.pages.flatMap((page) => page.results) ?? []
  return (
    <section className="card" aria-labelledby="services-here">
      <header><h2 id="services-here">Services here</h2>{services.length > 0 && <Link className="end small" to="/o/$org/services" params={{ org }} search={{ cluster }}>All of them</Link>}</header>
      {query.isPending && <div className="pad"><Loading what="services"><Skeleton /><Skeleton width="60%" /></Loading></div>}
      {query.error && !query.data && <ProblemPanel problem={query.error} onRetry={() => void query.refetch()} />}
      {query.data && services.length === 0 && <Empty title="None yet">Services you install on this cluster are listed here.</Empty>}
      {services.length > 0 && <ServiceTable org={org} services={worstFirst(services)} />}
    </section>
  )
}
