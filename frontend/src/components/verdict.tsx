/** A verdict in shape, colour and word, always together. */
import type { ReactElement, ReactNode } from 'react'
import type { OperationState, StepState, VerdictName } from '../api/types'
import { Icon, VerdictIcon } from './icon'

export const verdictWords: Record<VerdictName, string> = {
  healthy: 'Healthy',
  progressing: 'Progressing',
  degraded: 'Degraded',
  failed: 'Failed',
  suspended: 'Suspended',
  unknown: 'Unknown',
}
/** Worst first, as lists show them. */
export const verdictOrder: VerdictName[] = ['failed', 'degraded', 'unknown', 'progressing', 'suspended', 'healthy']

export function Verdict({ verdict, children }: { verdict: VerdictName; children?: ReactNode }): ReactElement {
  return (
    <span className={`v v-${verdict}`}>
      <VerdictIcon verdict={verdict} />
      {children ?? verdictWords[verdict]}
    </span>
  )
}

const fits = {
  fits: { verdict: 'healthy', word: 'Fits' },
  risk: { verdict: 'degraded', word: 'Fits, with a risk' },
  no: { verdict: 'failed', word: 'Does not fit' },
} as const

/** "Does it fit" borrows three of the shapes. */
export function Fit({ verdict }: { verdict: keyof typeof fits }): ReactElement {
  return <Verdict verdict={fits[verdict].verdict}>{fits[verdict].word}</Verdict>
}

const operationLooks: Record<OperationState, { verdict: VerdictName; word: string }> = {
  queued: { verdict: 'progressing', word: 'Waiting to start' },
  running: { verdict: 'progressing', word: 'Running' },
  verifying: { verdict: 'progressing', word: 'Verifying' },
  cancelling: { verdict: 'progressing', word: 'Cancelling' },
  succeeded: { verdict: 'healthy', word: 'Done' },
  failed: { verdict: 'failed', word: 'Failed' },
  cancelled: { verdict: 'suspended', word: 'Cancelled' },
  superseded: { verdict: 'suspended', word: 'Replaced by a newer one' },
}

/** The state of an operation as shape and word. */
export function OperationBadge({ state }: { state: OperationState }): ReactElement {
  return <Verdict verdict={operationLooks[state].verdict}>{operationLooks[state].word}</Verdict>
}

/** The verdict shape an operation's state borrows. */
export function operationVerdict(state: OperationState): VerdictName {
  return operationLooks[state].verdict
}

const stepVerdicts: Partial<Record<StepState, VerdictName>> = {
  running: 'progressing', done: 'healthy', failed: 'failed', cancelled: 'suspended',
}
const stepWords: Record<StepState, string> = {
  pending: 'not reached', running: 'running', done: 'done', failed: 'failed', skipped: 'skipped', cancelled: 'cancelled',
}

/** The mark of a step; one not reached is a dotted ring. */
export function StepIcon({ state }: { state: StepState }): ReactElement {
  const verdict = stepVerdicts[state]
  if (verdict) return <VerdictIcon verdict={verdict} label={stepWords[state]} />
  return <Icon name="todo" label={stepWords[state]} />
}
