/** One cluster: does it answer, is there room, what can it do. */
import '../../styles/ops.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Cluster } from '../../api/types'
import { Button, ButtonLink } from '../../components/button'
import { Icon, VerdictIcon } from '../../components/icon'
import { Menu } from '../../components/menu'
import { PageHead } from '../../components/page'
import { ProblemPanel } from '../../components/problem-panel'
import { QueryView, SkeletonCard } from '../../components/states'
import { Ago, useNow } from '../../components/time'
import { Verdict } from '../../components/verdict'
import { isActive, operationTitle } from '../../lib/operations'
import { useMayChange } from '../../lib/session'
import { clusterQuery } from '../../lib/subjects'
import { useRefreshCluster } from './api/refresh-cluster'
import { CredentialDialog, RemoveDialog, RenameDialog } from './components/cluster-dialogs'
import { NodesCard } from './components/nodes-card'
import { PracticeCard } from './components/practice-card'
import { RoomCard } from './components/room-card'
import { ServicesCard } from './components/services-card'
import { abilities } from './rules/abilities'
import { credentialLine, reach } from './rules/reach'
import { factsLine } from './rules/room'

function Head({ cluster, org }: { cluster: Cluster; org: string }): ReactElement {
  const now = useNow()
  const navigate = useNavigate()
  const mayChange = useMayChange()
  const state = reach(cluster, now)
  const open = (what: 'credential' | 'rename' | 'remove') => void navigate({ to: '/o/$org/clusters/$id', params: { org, id: cluster.id }, search: { do: what } })
  const refused = mayChange ? undefined : 'Owners and members can do this'
  return (
    <PageHead
      title={cluster.name}
      crumbs={[{ label: 'Clusters', link: { to: '/o/$org/clusters', params: { org } } }]}
      tile={<span className="mono-tile lg c-stream" aria-hidden="true"><Icon name="cluster" /></span>}
      acts={<>
        {cluster.state === 'registered' && <ButtonLink look="main" to="/o/$org/catalogue" params={{ org }}>Install here</ButtonLink>}
        <Menu label="More actions" items={[
          { label: 'Rename', icon: 'edit', disabled: refused, onSelect: () => open('rename') },
          ...(cluster.is_practice ? [] : [{ label: 'Replace credential', icon: 'key' as const, disabled: refused, onSelect: () => open('credential') }]),
          { label: 'Remove', icon: 'trash', danger: true, disabled: refused, onSelect: () => open('remove') },
        ]}><Button>More <Icon name="down" /></Button></Menu>
      </>}
    >
      <p><Verdict verdict={state.verdict}>{state.word}</Verdict> <span className="dim">{[state.since, factsLine(cluster)].filter(Boolean).join(' · ')}</span>{cluster.is_practice && <> <span className="tag">practice</span></>}</p>
    </PageHead>
  )
}

function Notes({ cluster, org }: { cluster: Cluster; org: string }): ReactElement {
  const working = cluster.operation && (isActive(cluster.operation) || cluster.state === 'failed') ? cluster.operation : null
  return (
    <>
      {working && (
        <section className={`note v-${isActive(working) ? 'progressing' : 'failed'}`} role="status">
          <div className="grow"><p><b>{operationTitle(working)}</b></p>{working.error && <p>{working.error.title}</p>}</div>
          <ButtonLink small to="/o/$org/operations/$id" params={{ org, id: working.id }}>{isActive(working) ? 'Watch it' : 'See why'}</ButtonLink>
        </section>
      )}
      {cluster.state === 'registered' && cluster.reachability.reachable === false && (
        <section className="note v-unknown" role="status"><VerdictIcon verdict="unknown" label="Unknown" />
          <div className="grow"><p><b>{cluster.name} does not answer</b></p>
            <p className="dim">{cluster.reachability.reason || 'Nothing answers at its address.'} Services on it keep running; what is shown is the last we saw.</p></div></section>
      )}
      {cluster.access.mode === 'namespace' && (
        <section className="note"><div><p><b>Restricted to namespace {cluster.access.namespace}</b></p>
          {cluster.access.limits.length > 0 && <ul className="ticks small">{cluster.access.limits.map((limit) => <li key={limit}><Icon name="minus" /><span>{limit}</span></li>)}</ul>}</div></section>
      )}
      {cluster.is_practice && <p className="note"><span>This is a practice cluster: simulated, nothing really runs, and nothing is charged.</span></p>}
    </>
  )
}

function Reaching({ cluster, org }: { cluster: Cluster; org: string }): ReactElement {
  const now = useNow()
  const refresh = useRefreshCluster(cluster.id)
  const mayChange = useMayChange()
  const checking = refresh.isPending || (cluster.operation?.kind === 'refresh' && isActive(cluster.operation))
  return (
    <section className="card" aria-labelledby="reaching"><header><h2 id="reaching">How we reach it</h2></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
        <dl className="kv">
          <dt>Address</dt><dd>{cluster.is_practice ? 'inside Anywhere' : cluster.server_host}</dd>
          <dt>With</dt><dd>{cluster.credential?.kind.replaceAll('-', ' ').replaceAll('_', ' ') || 'no credential'}</dd>
          {!cluster.is_practice && <><dt>Token</dt><dd>{credentialLine(cluster.credential, now)}</dd></>}
          <dt>Checked</dt><dd>{cluster.reachability.checked_at ? <Ago at={cluster.reachability.checked_at} /> : 'not yet'}</dd>
        </dl>
        <div className="row"><Button small busy={checking} disabled={!mayChange || cluster.state !== 'registered'} onClick={() => refresh.mutate()}>Check now</Button>
          <Link className="small" to="/o/$org/operations" params={{ org }}>Operations</Link></div>
        {refresh.error ? <ProblemPanel problem={refresh.error} alert /> : null}
      </div></section>
  )
}

function Ready({ cluster, org }: { cluster: Cluster; org: string }): ReactElement {
  const { do: doing } = useSearch({ from: '/app/o/$org/clusters/$id' })
  const navigate = useNavigate()
  const close = () => void navigate({ to: '/o/$org/clusters/$id', params: { org, id: cluster.id }, search: {}, replace: true })
  const stale = cluster.reachability.reachable === false
  return (
    <>
      <Head cluster={cluster} org={org} />
      <Notes cluster={cluster} org={org} />
      <div className="split">
        <div className="stack" style={{ '--gap': 'var(--aw-5)' }}>
          <RoomCard cluster={cluster} />
          <ServicesCard org={org} cluster={cluster.id} />
          {cluster.inventory && cluster.inventory.nodes.length > 0 && <NodesCard inventory={cluster.inventory} stale={stale} />}
        </div>
        <aside className="stack" aria-label="About this cluster">
          {cluster.is_practice && <PracticeCard cluster={cluster.id} />}
          {cluster.inventory && (
            <section className="card" aria-labelledby="can"><header><h2 id="can">What it can do</h2></header><div className="pad"><ul className="ticks">
              {abilities(cluster.inventory).map((ability) => (
                <li key={ability.text}>{ability.able ? <VerdictIcon verdict="healthy" label="Yes" /> : <Icon name="minus" label="No" />}
                  <span>{ability.text} <span className="small dim">{ability.detail}</span></span></li>
              ))}
            </ul></div></section>
          )}
          <Reaching cluster={cluster} org={org} />
        </aside>
      </div>
      {doing === 'rename' && <RenameDialog cluster={cluster} org={org} onClose={close} />}
      {doing === 'credential' && <CredentialDialog cluster={cluster} org={org} onClose={close} />}
      {doing === 'remove' && <RemoveDialog cluster={cluster} org={org} onClose={close} />}
    </>
  )
}

export function ClusterPage(): ReactElement {
  const { org, id } = useParams({ from: '/app/o/$org/clusters/$id' })
  const query = useQuery(clusterQuery(id))
  return (
    <QueryView page query={query} what="the cluster" skeleton={<><SkeletonCard lines={2} /><SkeletonCard lines={5} /><SkeletonCard lines={5} /></>}>
      {(cluster) => <Ready cluster={cluster} org={org} />}
    </QueryView>
  )
}
