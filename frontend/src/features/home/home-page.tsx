/** Home: what needs me, what runs, what happened. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Overview, Service } from '../../api/types'
import { Button, ButtonLink } from '../../components/button'
import { Icon } from '../../components/icon'
import { OperationLine } from '../../components/operation-line'
import { PageHead } from '../../components/page'
import { ServiceTable, worstFirst } from '../../components/service-table'
import { useStableOrder } from '../../components/stable-order'
import { QueryView, SkeletonCard, Skeleton } from '../../components/states'
import { Verdict, verdictOrder, verdictWords } from '../../components/verdict'
import { count } from '../../lib/format'
import { servicesQuery } from '../../lib/services'
import { useMayChange, useOrg } from '../../lib/session'
import { clusterCountQuery } from './api/cluster-count'
import { overviewQuery } from './api/overview'
import { AttentionCard } from './components/attention-card'
import { FirstSteps } from './components/first-steps'
import { homeTitle } from './rules/title'

function HomeSkeleton(): ReactElement {
  return <div className="stack"><Skeleton width="16rem" height="1.6rem" /><SkeletonCard lines={3} /><SkeletonCard lines={6} /></div>
}

export function HomePage(): ReactElement {
  const org = useOrg()
  const overview = useQuery(overviewQuery(org))
  const services = useInfiniteQuery(servicesQuery(org, { state: 'present' }))
  const clusters = useQuery(clusterCountQuery(org))
  const list = services.data?.pages.flatMap((page) => page.results)
  if (list?.length === 0 && clusters.data === 0) return <FirstSteps org={org} />
  return (
    <QueryView page query={overview} what="what needs you" skeleton={<HomeSkeleton />}>
      {(data) => <Ready org={org} overview={data} services={list} more={services.hasNextPage} />}
    </QueryView>
  )
}

/** Worst first; the order waits while the pointer or the focus is in the list. */
function LiveServices({ org, services }: { org: string; services: Service[] }): ReactElement {
  const order = useStableOrder(worstFirst(services), (service) => service.id)
  return (
    <div {...order.watch}>
      <ServiceTable org={org} services={order.items} />
      {order.waiting > 0 && <div className="pad"><Button small look="quiet" onClick={order.show}>{count(order.waiting, 'change')}, show</Button></div>}
    </div>
  )
}

function Ready({ org, overview, services, more }: { org: string; overview: Overview; services: Service[] | undefined; more: boolean }): ReactElement {
  const mayChange = useMayChange()
  const title = homeTitle(overview)
  return (
    <>
      <PageHead title={title.title} tab="Home" lead={title.lead} acts={mayChange && <ButtonLink look="main" to="/o/$org/catalogue" params={{ org }}><Icon name="plus" />Install a service</ButtonLink>} />
      {overview.needs_attention.length > 0 && <AttentionCard items={overview.needs_attention} />}
      <section className="card" aria-labelledby="services-head">
        <header>
          <h2 id="services-head">Services</h2>
          <div className="tally small">
            {verdictOrder.filter((verdict) => overview.counts[verdict] > 0).map((verdict) => (
              <Link key={verdict} to="/o/$org/services" params={{ org }} search={{ verdict }} className="plain-link"><Verdict verdict={verdict}>{overview.counts[verdict]} {verdict === 'progressing' ? 'in progress' : verdictWords[verdict].toLowerCase()}</Verdict></Link>
            ))}
          </div>
          {services && services.length > 0 && <Link className="end small" to="/o/$org/services" params={{ org }}>{more ? 'All services' : 'Search and filter'}</Link>}
        </header>
        {services === undefined && <div className="pad stack">{[1, 2, 3].map((n) => <Skeleton key={n} height="2.2rem" />)}</div>}
        {services?.length === 0 && <div className="pad dim">Nothing is installed yet. <Link to="/o/$org/catalogue" params={{ org }}>Choose something from the catalogue</Link>.</div>}
        {services && services.length > 0 && <LiveServices org={org} services={services} />}
      </section>
      <section className="card" aria-labelledby="recent-head">
        <header><h2 id="recent-head">Recent activity</h2><Link className="end small" to="/o/$org/operations" params={{ org }}>All operations</Link></header>
        <div className="pad">
          {overview.recent.length === 0 && <p className="dim">Installs, changes and checks are listed here with who asked for them.</p>}
          <ol className="time" aria-label={count(overview.recent.length, 'operation')}>
            {overview.recent.map((operation) => <OperationLine key={operation.id} org={org} operation={operation} />)}
          </ol>
        </div>
      </section>
    </>
  )
}
