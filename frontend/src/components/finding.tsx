/** One finding of a check: what, why, and what to do about it. */
import type { ReactElement } from 'react'
import type { Finding, VerdictName } from '../api/types'
import { VerdictIcon } from './icon'

const looks: Record<Finding['level'], { verdict: VerdictName; word: string }> = {
  error: { verdict: 'failed', word: 'Error' },
  warning: { verdict: 'degraded', word: 'Warning' },
  note: { verdict: 'healthy', word: 'Note' },
}

/** A list item; put it in a `<ul className="ticks">`. */
export function FindingItem({ finding }: { finding: Finding }): ReactElement {
  const look = looks[finding.level]
  return (
    <li>
      <VerdictIcon verdict={look.verdict} label={look.word} />
      <span className="grow break">
        {finding.title}
        {finding.detail && finding.detail !== finding.title && <span className="small dim block-line">{finding.detail}</span>}
        {finding.fix && finding.level !== 'note' && <span className="small block-line">{finding.fix}</span>}
      </span>
    </li>
  )
}
