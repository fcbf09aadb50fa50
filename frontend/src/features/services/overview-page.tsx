/** The overview of a service: three facts, its pods, scale, addresses, what happened lately. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Service } from '../../api/types'
import { CopyButton } from '../../components/copy-button'
import { Icon } from '../../components/icon'
import { Skeleton } from '../../components/states'
import { Moment, useNow } from '../../components/time'
import { Verdict } from '../../components/verdict'
import { serviceQuery } from '../../lib/subjects'
import { connectionQuery } from './api/get-connection'
import { recentOperationsQuery } from './api/recent-operations'
import { ScaleCard } from './components/scale-card'
import { TopologyCard } from './components/topology-card'
import { endpointLines } from './rules/connect'
import { askedFor, seen } from './rules/facts'
import { doingNow, latelyLine } from './rules/lately'
import { costSentence } from './rules/nodes'

function Facts({ service }: { service: Service }): ReactElement {
  const now = useNow()
  const asked = askedFor(service)
  const costs = costSentence(service.costs)
  const doing = doingNow(service.operation)
  const view = seen(service, now)
  return (
    <section className="facts" aria-label="What is asked, what we do, what we see">
      <div><h2>You asked for</h2><p className="big">{asked.big}</p><p className="small dim">{asked.small}</p>{costs && <p className="small dim">{costs}</p>}</div>
      <div><h2>We are doing</h2><p className="big">{doing.big}</p><p className="small dim">{doing.small}</p></div>
      <div className={`seen v-${view.verdict}`}>
        <h2>We see</h2>
        <p className="big" role="status"><Verdict verdict={view.verdict} /> <span className="small dim plain-weight">{view.since}</span></p>
        <p className="small break">{view.text}</p>
      </div>
    </section>
  )
}

function Endpoints({ service, org }: { service: Service; org: string }): ReactElement | null {
  const { data } = useQuery(connectionQuery(service.id))
  if (service.state !== 'present') return null
  return (
    <section className="card">
      <header><h2>Endpoints</h2><Link className="end small" to="/o/$org/services/$id/connect" params={{ org, id: service.id }}>Connect</Link></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-2)' }}>
        {!data && <Skeleton />}
        {data?.endpoints.length === 0 && <p className="dim">None yet. They appear when the service is up.</p>}
        {data && endpointLines(data.endpoints, service.cluster.name).map((line) => (
          <div key={line.key}>
            <div className="row apart"><span className="small faint">{line.title}</span><CopyButton icon text={line.address} label={`Copy ${line.address}`} /></div>
            <code className="addr">{line.address}</code>
          </div>
        ))}
      </div>
    </section>
  )
}

/** What it takes address and credentials from, and who takes its own. */
function Bonds({ service, org }: { service: Service; org: string }): ReactElement | null {
  const sides = [{ title: 'Uses', list: service.bound_to ?? [] }, { title: 'Used by', list: service.bound_by ?? [] }].filter((side) => side.list.length > 0)
  if (sides.length === 0) return null
  return (
    <section className="card">
      <header><h2>Bound services</h2></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
        {sides.map((side) => (
          <div key={side.title}>
            <h3 className="small faint">{side.title}</h3>
            <ul className="bound">{side.list.map((each) => <li key={each.id}><Verdict verdict={each.verdict}><Link to="/o/$org/services/$id" params={{ org, id: each.id }}>{each.name}</Link></Verdict> <span className="small dim">{each.title}</span></li>)}</ul>
          </div>
        ))}
      </div>
    </section>
  )
}

function Lately({ service, org }: { service: Service; org: string }): ReactElement | null {
  const { data } = useQuery(recentOperationsQuery(org, service.id))
  if (!data || data.results.length === 0) return null
  return (
    <section className="card">
      <header><h2>Lately</h2><Link className="end small" to="/o/$org/services/$id/history" params={{ org, id: service.id }}>History</Link></header>
      <div className="pad"><ol className="time">
        {data.results.map((operation) => {
          const line = latelyLine(operation)
          return (
            <li key={operation.id}><Moment at={operation.created_at} /><Icon name={line.icon} />
              <div><Link to="/o/$org/operations/$id" params={{ org, id: operation.id }}>{line.text}</Link>{line.detail && <span className="dim"> {line.detail}</span>}</div></li>
          )
        })}
      </ol></div>
    </section>
  )
}

export function OverviewPage(): ReactElement | null {
  const { org, id } = useParams({ from: '/app/o/$org/services/$id' })
  const { data: service } = useQuery(serviceQuery(id))
  if (!service) return null
  return (
    <>
      <Facts service={service} />
      <div className="split">
        <div className="stack" style={{ '--gap': 'var(--aw-5)' }}><TopologyCard service={service} /></div>
        <aside className="stack" aria-label="Scale and addresses"><ScaleCard service={service} org={org} /><Bonds service={service} org={org} /><Endpoints service={service} org={org} /><Lately service={service} org={org} /></aside>
      </div>
    </>
  )
}
