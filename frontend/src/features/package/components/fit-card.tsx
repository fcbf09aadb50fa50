/** Where a plan of the package fits, cluster by cluster. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Finding, Package } from '../../../api/types'
import { Verdict } from '../../../components/verdict'
import { Skeleton } from '../../../components/states'
import { preflightQuery, valuesRefusal } from '../../../lib/preflight'
import { suggestedNameQuery } from '../api/suggested-name'

const shapes = { fits: 'healthy', risk: 'degraded', no: 'failed' } as const
const reason = (findings: Finding[]): string => (valuesRefusal(findings)?.detail || findings.find((each) => each.level === 'error')?.title) ?? findings.find((each) => each.level === 'warning')?.title ?? 'fits'

export function FitCard({ org, item }: { org: string; item: Package }): ReactElement {
  const plan = item.plans.find((each) => each.recommended) ?? item.plans[0]
  const name = useQuery(suggestedNameQuery(org, item.name))
  const check = useQuery(preflightQuery(org, name.data ? { package: item.name, version: item.version, plan: plan?.name, name: name.data } : null))
  const error = name.error ?? check.error
  return (
    <section className="card"><header><h2>Where it fits</h2></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
        {error && <p className="dim">Your clusters could not be checked. <button type="button" className="link-btn" onClick={() => void (name.error ? name.refetch() : check.refetch())}>Check again</button></p>}
        {!error && !check.data && [1, 2].map((n) => <Skeleton key={n} />)}
        {check.data?.clusters.map((each) => {
          const unchecked = Boolean(valuesRefusal(each.findings))
          return <div key={each.cluster.id}><Verdict verdict={unchecked ? 'unknown' : shapes[each.verdict]}>{each.cluster.name}</Verdict> <span className="small dim break">{unchecked && 'Not checked yet: '}{reason(each.findings)}</span></div>
        })}
        {check.data?.clusters.length === 0 && <p className="dim">You have no cluster yet. <Link to="/o/$org/clusters/new" params={{ org }}>Connect one</Link>.</p>}
        {plan && <p className="tiny faint">For the {plan.title} plan.</p>}
      </div>
    </section>
  )
}
