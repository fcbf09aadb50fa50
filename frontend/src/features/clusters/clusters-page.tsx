/** Clusters: reachable since when, how much is asked for, and connecting another. */
import '../../styles/ops.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Cluster } from '../../api/types'
import { ButtonLink } from '../../components/button'
import { Icon, VerdictIcon } from '../../components/icon'
import { PageHead } from '../../components/page'
import { Empty, QueryView, SkeletonCard } from '../../components/states'
import { Moment, useNow } from '../../components/time'
import { Verdict } from '../../components/verdict'
import { useMayChange, useOrg, useSession } from '../../lib/session'
import { clustersQuery } from '../../lib/subjects'
import { RegisterDialog } from './components/register-dialog'
import { reach, reachSummary } from './rules/reach'
import { cell, factsLine } from './rules/room'

function RoomCell({ cluster, kind, title }: { cluster: Cluster; kind: 'cpu' | 'memory' | 'gpu'; title: string }): ReactElement {
  const shown = cluster.inventory ? cell(kind, cluster.inventory.totals) : null
  if (!shown || !cluster.inventory) return <td data-l={title} className="faint">{kind === 'gpu' && cluster.inventory ? 'none' : '–'}</td>
  const stale = cluster.reachability.reachable === false
  return (
    <td data-m={title}>
      <div className={`meter${stale ? ' faint' : ''}`}>
        <span>{shown.text}</span>{stale ? <span>at <Moment at={cluster.inventory.observed_at} /></span> : <span className="faint num">{shown.percent} %</span>}
        <span className={`bar${stale ? ' stale' : ''}`} role="img" aria-label={`${title}: ${shown.text}`}><i className={shown.percent >= 80 ? 'warn' : ''} style={{ '--p': `${shown.percent}%` }} /></span>
      </div>
    </td>
  )
}

function Row({ cluster, org }: { cluster: Cluster; org: string }): ReactElement {
  const now = useNow()
  const state = reach(cluster, now)
  return (
    <tr>
      <td><div className="who"><Icon name="cluster" /><span className="t"><Link to="/o/$org/clusters/$id" params={{ org, id: cluster.id }}>{cluster.name}</Link>{cluster.is_practice && <> <span className="tag">practice</span></>}
        <small>{factsLine(cluster)}</small></span></div></td>
      <td><Verdict verdict={state.verdict}>{state.word}</Verdict><div className="small dim">{state.since || (state.verdict === 'failed' ? cluster.reachability.reason : '')}</div></td>
      <RoomCell cluster={cluster} kind="cpu" title="CPU asked for" />
      <RoomCell cluster={cluster} kind="memory" title="Memory, GiB" />
      <RoomCell cluster={cluster} kind="gpu" title="GPU" />
      <td data-l="Services" className="right num">{cluster.services_count}</td>
    </tr>
  )
}

function Silent({ clusters, org }: { clusters: Cluster[]; org: string }): ReactElement | null {
  const now = useNow()
  const silent = clusters.filter((cluster) => cluster.state === 'registered' && cluster.reachability.reachable === false)
  const first = silent[0]
  if (!first) return null
  return (
    <section className="note v-unknown" role="status">
      <VerdictIcon verdict="unknown" label="Unknown" />
      <div className="grow">
        <p><b>{first.name} is silent {reach(first, now).since}</b>{silent.length > 1 && ` and ${silent.length - 1} more`}</p>
        <p className="dim">{first.reachability.reason || 'It does not answer at its address.'}</p>
      </div>
      <ButtonLink small to="/o/$org/clusters/$id" params={{ org, id: first.id }}>See why</ButtonLink>
    </section>
  )
}

export function ClustersPage({ registering = false }: { registering?: boolean }): ReactElement {
  const org = useOrg()
  const navigate = useNavigate()
  const mayChange = useMayChange()
  const { features } = useSession()
  const query = useQuery(clustersQuery(org))
  const clusters = query.data?.results ?? []
  const connect = <ButtonLink look="main" to="/o/$org/clusters/new" params={{ org }}><Icon name="plus" />Connect a cluster</ButtonLink>
  return (
    <>
      <PageHead title="Clusters" lead={clusters.length > 0 ? reachSummary(clusters) : 'Where services run.'} acts={mayChange ? clusters.length > 0 && connect : <span className="small dim">Owners and members can connect clusters.</span>} />
      <Silent clusters={clusters} org={org} />
      <QueryView query={query} what="clusters" skeleton={<SkeletonCard lines={6} />} isEmpty={(page) => page.results.length === 0}
        empty={<section className="card"><Empty title="No cluster yet" action={mayChange ? connect : undefined}>Services run on clusters of yours. Connect one with its kubeconfig{features.practice ? ', or make a practice cluster to try everything without one' : ''}.</Empty></section>}>
        {(page) => (
          <section className="card">
            <table className="flat">
              <thead><tr><th>Cluster</th><th>Reachable</th><th className="w-room">CPU asked for</th><th className="w-room">Memory, GiB</th><th>GPU</th><th className="right">Services</th></tr></thead>
              <tbody>{page.results.map((cluster) => <Row key={cluster.id} cluster={cluster} org={org} />)}</tbody>
            </table>
          </section>
        )}
      </QueryView>
      {registering && mayChange && <RegisterDialog org={org} onClose={() => void navigate({ to: '/o/$org/clusters', params: { org } })} />}
    </>
  )
}

/** /clusters/new: the list with the dialog open. */
export function NewClusterPage(): ReactElement {
  return <ClustersPage registering />
}
