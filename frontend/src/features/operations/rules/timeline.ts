/** The steps of an operation as rows to draw: tone, words and time. */
import type { Operation, Step, VerdictName } from '../../../api/types'
import { duration, secondsBetween } from '../../../lib/format'
import { currentStep, isFinal } from '../../../lib/operations'

export type StepTone = 'done' | 'now' | 'bad' | 'todo' | 'off'
export interface TimelineRow {
  name: string
  title: string
  detail: string
  tone: StepTone
  /** The shape beside the step; null is the dotted ring of a step not reached. */
  verdict: VerdictName | null
  label: string
  time: string
  /** The operation that carries the step out; null when this one does it itself. */
  operation: string | null
}

function stepTime(step: Step, ended: boolean, now: number): string {
  if (step.state === 'skipped') return 'not needed'
  if (step.state === 'cancelled') return 'stopped'
  if (step.state === 'pending') return ended ? 'not reached' : ''
  if (!step.started_at) return ''
  const seconds = secondsBetween(step.started_at, step.finished_at, now)
  return seconds < 1 && step.finished_at ? 'under 1 s' : duration(seconds)
}

const looks: Record<Step['state'], Pick<TimelineRow, 'tone' | 'verdict' | 'label'>> = {
  done: { tone: 'done', verdict: 'healthy', label: 'Done' },
  running: { tone: 'now', verdict: 'progressing', label: 'Under way' },
  failed: { tone: 'bad', verdict: 'failed', label: 'Failed' },
  cancelled: { tone: 'off', verdict: 'suspended', label: 'Stopped' },
  skipped: { tone: 'off', verdict: null, label: 'Not needed' },
  pending: { tone: 'todo', verdict: null, label: 'Not reached' },
}

/** One row a step; a running step counts up to `now`. */
export function timeline(operation: Pick<Operation, 'steps' | 'state'>, now: number): TimelineRow[] {
  const ended = isFinal(operation.state)
  return operation.steps.map((step) => ({
    name: step.name,
    title: step.title,
    detail: step.detail,
    ...looks[step.state],
    time: stepTime(step, ended, now),
    operation: step.operation ?? null,
  }))
}

/** "1 min 48 s so far, usually about 3 min" or how long it took. */
export function timeSentence(operation: Operation, now: number): string {
  if (!operation.started_at) return operation.state === 'queued' ? 'Waits for its turn' : 'Did not start'
  const seconds = secondsBetween(operation.started_at, operation.finished_at, now)
  const taken = seconds < 1 && operation.finished_at ? 'under 1 s' : duration(seconds)
  if (isFinal(operation.state)) return `took ${taken}`
  const usual = operation.usual_seconds ? `, usually about ${duration(Math.round(operation.usual_seconds))}` : ''
  return `${taken} so far${usual}`
}

/** The step the workloads belong to: "settle" by name, else the one under way, failed or last done. */
export function workloadStep(steps: Step[]): string | null {
  const settle = steps.find((step) => step.name === 'settle')
  return settle?.name ?? currentStep(steps)?.step.name ?? null
}
