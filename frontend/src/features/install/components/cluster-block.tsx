/** Every cluster with whether it fits; one that cannot be chosen is not hidden and says why. */
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Finding, PreflightResult } from '../../../api/types'
import { Icon } from '../../../components/icon'
import { Skeleton } from '../../../components/states'
import { Fit, Verdict } from '../../../components/verdict'
import { valuesRefusal } from '../../../lib/preflight'
import { useIsSlow } from '../../../lib/use-is-slow'

type Checked = PreflightResult['clusters'][number]

export interface ClusterBlockProps {
  org: string
  clusters: Checked[] | undefined
  chosen: string | null
  checking: boolean
  error: string | null
  onCluster: (id: string) => void
  onCheck: () => void
}

const worst = (findings: Finding[]): Finding | undefined =>
  findings.find((each) => each.level === 'error') ?? findings.find((each) => each.level === 'warning') ?? findings[0]

function Says({ findings }: { findings: Finding[] }): ReactElement | null {
  const finding = worst(findings)
  if (!finding) return null
  if (valuesRefusal(findings)) return <p>It is checked once the values are right.</p>
  const more = finding.code.startsWith('chart.') && finding.detail ? finding.detail : finding.fix
  if (finding.level === 'note' || !more) return <p className="break">{finding.title}</p>
  return <p className="break">{/[.!?]$/.test(finding.title) ? finding.title : `${finding.title}.`} {more}</p>
}

export function ClusterBlock({ org, clusters, chosen, checking, error, onCluster, onCheck }: ClusterBlockProps): ReactElement {
  const slow = useIsSlow(checking && !error)
  return (
    <fieldset className="block"><legend>Cluster</legend>
      <p className="lead" role="status">
        {error ?? (checking ? `Checking your clusters against your choices…${slow ? ' This takes longer than usual.' : ''}` : 'Checked against your choices.')}{' '}
        {(!checking || slow) && <button type="button" className="link-btn" onClick={onCheck}>{checking ? 'Try again' : 'Check again'}</button>}
      </p>
      <div className={`pick${checking && clusters ? ' stale' : ''}`}>
        {!clusters && !error && [1, 2].map((n) => <div key={n} className="opt no"><span /><Skeleton height="2.4rem" /></div>)}
        {clusters?.map(({ cluster, verdict, findings }) => {
          const words = <span><b>{cluster.name}</b> {cluster.is_practice && <span className="tag">practice</span>}<Says findings={findings} /></span>
          const unchecked = Boolean(valuesRefusal(findings))
          return verdict === 'no' && !unchecked
            ? <div key={cluster.id} className="opt no"><span className="radio-gap" />{words}<span className="side-txt"><Fit verdict="no" /></span></div>
            : (
              <label key={cluster.id} className="opt">
                <input type="radio" name="cluster" value={cluster.id} checked={cluster.id === chosen} onChange={() => onCluster(cluster.id)} />
                {words}<span className="side-txt">{unchecked ? <Verdict verdict="unknown">Not checked yet</Verdict> : <Fit verdict={verdict} />}</span>
              </label>
            )
        })}
        {clusters?.length === 0 && <p className="dim">You have no cluster yet. Connect one, and your choices here are kept.</p>}
        <Link className="btn quiet pick-more" to="/o/$org/clusters/new" params={{ org }}><Icon name="plus" />Connect {clusters?.length ? 'another' : 'a'} cluster</Link>
      </div>
    </fieldset>
  )
}
