/** What a change would do: refusals with a way, or the objects it touches, worst first. */
import type { ReactElement } from 'react'
import type { PlanResult } from '../../../api/types'
import { Diff } from '../../../components/diff'
import { Icon, VerdictIcon } from '../../../components/icon'
import { summarizePlan, type PlanRow } from '../rules/plan-summary'

const severities = { none: null, restart: 'degraded', data: 'failed' } as const
const severityWords = { none: '', restart: 'Restarts', data: 'Touches data' }

function Row({ row }: { row: PlanRow }): ReactElement {
  const verdict = severities[row.severity]
  return (
    <details className="more">
      <summary>
        <Icon name="right" className="chev" />
        {verdict ? <VerdictIcon verdict={verdict} label={severityWords[row.severity]} /> : null}
        <span className="grow break">{row.effect || `${row.action}: ${row.what}`}</span>
        <span className="end break">{row.action}, {row.what}</span>
      </summary>
      <div>{row.diff ? <Diff text={row.diff} label={`Difference of ${row.what}`} /> : <p className="dim">The whole object.</p>}</div>
    </details>
  )
}

export function PlanView({ plan }: { plan: PlanResult }): ReactElement {
  const summary = summarizePlan(plan)
  return (
    <div className="stack plan-view">
      <div role="status"><h3>{summary.headline}</h3></div>
      {summary.refusals.map((refusal) => (
        <div className="note v-failed" key={refusal.code + refusal.detail}>
          <VerdictIcon verdict="failed" label="Refused" /><div><p><b>{refusal.detail}</b></p>{refusal.way && <p className="dim">{refusal.way}</p>}</div>
        </div>
      ))}
      {summary.rows.length > 0 && <div>{summary.rows.map((row) => <Row key={row.key} row={row} />)}</div>}
      {summary.kind === 'nothing' && <p className="dim">What runs is what this would make: there is nothing to do.</p>}
    </div>
  )
}
