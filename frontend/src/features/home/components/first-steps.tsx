/** Home before anything is there: one question, two doors. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Button, ButtonLink } from '../../../components/button'
import { Icon } from '../../../components/icon'
import { PageHead } from '../../../components/page'
import { ProblemPanel } from '../../../components/problem-panel'
import { Tile } from '../../../components/tile'
import { useMayChange, useSession } from '../../../lib/session'
import { useStartPractice } from '../../../lib/start-practice'
import { popularQuery } from '../api/popular'

export function FirstSteps({ org }: { org: string }): ReactElement {
  const navigate = useNavigate()
  const { features } = useSession()
  const mayChange = useMayChange()
  const practice = useStartPractice(org)
  const popular = useQuery(popularQuery).data ?? []
  // Not a callback of `mutate`: this page may be gone, a cluster being there, before the answer is.
  const start = () => void practice.mutateAsync(undefined).then(
    (operation) => navigate({ to: '/o/$org/operations/$id', params: { org, id: operation.id } }),
    () => undefined,
  )
  return (
    <>
      <PageHead title="Where should your services run?" tab="Home" lead="Anywhere installs services into Kubernetes clusters you already have, and keeps them running. Bring one, or try everything on a practice cluster first." />
      {practice.error ? <ProblemPanel problem={practice.error} onRetry={start} alert /> : null}
      <div className="cols" style={{ '--min': '19rem' }}>
        <section className="card start">
          <span className="mono-tile lg c-stream" aria-hidden="true"><Icon name="cluster" /></span>
          <div><h2>Connect your cluster</h2><p className="dim">Any cloud or on-premise. About 2 minutes.</p></div>
          <ol>
            <li>Give us a kubeconfig. It is used once, then forgotten.</li>
            <li>See exactly which rights we create, before we create them.</li>
            <li>Pick a service that fits. We check the space first.</li>
          </ol>
          <div className="row">
            {mayChange ? <ButtonLink look="main" to="/o/$org/clusters/new" params={{ org }}>Connect a cluster</ButtonLink> : <span className="dim small">An owner or member of the organization can connect one.</span>}
          </div>
        </section>
        {features.practice && (
          <section className="card start">
            <span className="mono-tile lg c-compute" aria-hidden="true"><Icon name="play" /></span>
            <div><h2>Try the practice cluster</h2><p className="dim">A simulated cluster, ready in seconds. Nothing to set up, nothing to pay, nothing to break.</p></div>
            <ol>
              <li>Install PostgreSQL or Kafka in three clicks.</li>
              <li>Tell it to fail and see what the failure pages say.</li>
              <li>Install the same on a real cluster later.</li>
            </ol>
            <div className="row">
              <Button busy={practice.isPending} disabled={!mayChange} onClick={start}>Start practising</Button>
              <span className="faint small">Services there are simulated: they have no real data.</span>
            </div>
          </section>
        )}
      </div>
      {popular.length > 0 && (
        <section aria-labelledby="look">
          <div className="sec-head"><h2 id="look">What is in the catalogue</h2><Link className="end" to="/o/$org/catalogue" params={{ org }}>Look around the catalogue</Link></div>
          <div className="shelf">
            {popular.map((each) => (
              <Link key={each.name} className="card pkg" to="/o/$org/catalogue/$package" params={{ org, package: each.name }}>
                <div className="who"><Tile name={each.name} title={each.title} iconUrl={each.icon_url} category={each.category} /><span><b>{each.title}</b><small>{each.version}</small></span></div>
                <p>{each.summary}</p>
              </Link>
            ))}
          </div>
        </section>
      )}
    </>
  )
}
