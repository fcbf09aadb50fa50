/** The services on this cluster. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { ProblemPanel } from '../../../components/problem-panel'
import { worstFirst } from '../../../components/service-table'
import { Empty, Loading, Skeleton } from '../../../components/states'
import { Tile } from '../../../components/tile'
import { Verdict } from '../../../components/verdict'
import { useLastError } from '../../../lib/last-error'
import { servicesQuery } from '../../../lib/services'

export function ServicesCard({ org, cluster }: { org: string; cluster: string }): ReactElement {
  const query = useInfiniteQuery(servicesQuery(org, { cluster }))
  const error = useLastError(query)
  const services = worstFirst(query.data?.pages.flatMap((page) => page.results) ?? [])
  return (
    <section className="card" aria-labelledby="services-here">
      <header><h2 id="services-here">Services here</h2>{services.length > 0 && <Link className="end small" to="/o/$org/services" params={{ org }} search={{ cluster }}>All of them</Link>}</header>
      {query.isPending && error === null && <div className="pad"><Loading what="services"><Skeleton /><Skeleton width="60%" /></Loading></div>}
      {error !== null && !query.data && <ProblemPanel problem={error} onRetry={() => void query.refetch()} />}
      {query.data && services.length === 0 && <Empty title="None yet">Services you install on this cluster are listed here.</Empty>}
      {services.length > 0 && (
        <table className="flat">
          <thead><tr><th>Service</th><th>Health</th><th>Plan</th></tr></thead>
          <tbody>{services.map((service) => (
            <tr key={service.id}>
              <td><div className="who"><Tile name={service.package.name} title={service.package.title} iconUrl={service.package.icon_url} />
                <span><Link className="break" to="/o/$org/services/$id" params={{ org, id: service.id }}>{service.name}</Link><small>{service.package.title} {service.server_version || service.version}</small></span></div></td>
              <td><Verdict verdict={service.health.verdict} />{service.health.verdict !== 'healthy' && <div className="small dim">{service.health.reason}</div>}</td>
              <td data-l="Plan">{service.plan || 'own values'}</td>
            </tr>
          ))}</tbody>
        </table>
      )}
    </section>
  )
}
