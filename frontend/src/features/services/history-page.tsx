/** The revisions of a service; any of them can be gone back to, after its plan is seen. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState, type ReactElement } from 'react'
import type { Revision } from '../../api/types'
import { Button } from '../../components/button'
import { Empty, QueryView, SkeletonCard } from '../../components/states'
import { Ago } from '../../components/time'
import { Verdict } from '../../components/verdict'
import { useFollow } from '../../lib/follow'
import { kindWord } from '../../lib/operations'
import { useMayChange } from '../../lib/session'
import { historyQuery } from './api/get-history'
import { useRollbackService } from './api/rollback-service'
import { PlanDialog } from './components/plan-dialog'

const statuses = {
  current: { verdict: 'healthy', word: 'Current' }, superseded: { verdict: 'suspended', word: 'Replaced' }, failed: { verdict: 'failed', word: 'Failed' },
} as const

function Row({ revision, org, onRollBack, mayChange }: { revision: Revision; org: string; onRollBack: () => void; mayChange: boolean }): ReactElement {
  const status = statuses[revision.status]
  return (
    <tr>
      <td><div className="who"><span className="t"><b className="num">Revision {revision.revision}</b>
        <small>{revision.summary || kindWord(revision.kind)}</small></span></div></td>
      <td><Verdict verdict={status.verdict}>{status.word}</Verdict></td>
      <td data-l="Version" className="num">{revision.server_version && <>{revision.server_version}, package </>}{revision.version}{revision.plan ? `, ${revision.plan}` : ''}</td>
      <td data-l="When"><span className="break"><Ago at={revision.at} /><span className="small dim block-line">{revision.by ?? 'Anywhere'}</span></span></td>
      <td data-l="Operation">{revision.operation_id ? <Link to="/o/$org/operations/$id" params={{ org, id: revision.operation_id }}>{kindWord(revision.kind)}</Link> : kindWord(revision.kind)}</td>
      <td className="right">
        {revision.status !== 'current' && revision.can_roll_back && <Button small disabled={!mayChange} onClick={onRollBack}>Roll back to this</Button>}
        {revision.status !== 'current' && !revision.can_roll_back && <span className="small dim wrap">{revision.reason ?? 'Cannot be gone back to'}</span>}
      </td>
    </tr>
  )
}

export function HistoryPage(): ReactElement {
  const { org, id } = useParams({ from: '/app/o/$org/services/$id' })
  const query = useQuery(historyQuery(id))
  const mayChange = useMayChange()
  const follow = useFollow(org)
  const rollback = useRollbackService(id)
  const [chosen, setChosen] = useState<number | null>(null)
  return (
    <>
      {!mayChange && <p className="small dim">Owners and members of this organization can roll back.</p>}
      <section className="card" aria-label="Revisions">
        <QueryView query={query} what="the history" skeleton={<SkeletonCard lines={5} />} isEmpty={(revisions) => revisions.length === 0}
          empty={<Empty title="No revision yet">Each install, change, scale and roll back makes one. You can go back to any of them.</Empty>}>
          {(revisions) => (
            <table className="flat">
              <thead><tr><th>Revision</th><th>State</th><th>Version</th><th>When</th><th>Operation</th><th><span className="vh">Actions</span></th></tr></thead>
              <tbody>{revisions.map((revision) => <Row key={revision.revision} revision={revision} org={org} mayChange={mayChange} onRollBack={() => setChosen(revision.revision)} />)}</tbody>
            </table>
          )}
        </QueryView>
      </section>
      <PlanDialog
        title={`Roll back to revision ${chosen ?? ''}`} service={id} verb="Roll back" request={chosen === null ? null : { revision: chosen }}
        busy={rollback.isPending} problem={rollback.error} onClose={() => { setChosen(null); rollback.reset() }}
        onApply={() => chosen !== null && follow(rollback.mutateAsync({ revision: chosen }))}
      />
    </>
  )
}
