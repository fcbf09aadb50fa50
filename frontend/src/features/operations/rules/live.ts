/** Folding live events into an operation and its log: same events, same result, in any repetition. */
import type { Operation, OperationEvent, OperationWorkload, Step } from '../../../api/types'
import type { ServerEvent } from '../../../lib/sse'

export type OperationRecord = Operation<unknown>
const kinds = ['step', 'workload', 'log', 'state', 'done'] as const

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The event a stream message carries; null when it is not one of ours. */
export function readEvent(message: ServerEvent): OperationEvent | null {
  const kind = kinds.find((name) => name === message.event)
  if (!kind) return null
  let body: unknown
  try {
    body = JSON.parse(message.data)
  } catch {
    return null
  }
  if (!isRecord(body)) return null
  const seq = typeof body.seq === 'number' ? body.seq : Number(message.id)
  if (!Number.isFinite(seq)) return null
  return {
    seq,
    at: text(body.at),
    step: text(body.step),
    level: text(body.level) || 'info',
    event: kind,
    message: text(body.message),
    data: body.data ?? null,
  }
}

/** The log with `event` added in its place; an event already there is not added again. */
export function appendEvent(log: OperationEvent[], event: OperationEvent): OperationEvent[] {
  const last = log.at(-1)
  if (!last || event.seq > last.seq) return [...log, event]
  if (log.some((known) => known.seq === event.seq)) return log
  return [...log, event].sort((a, b) => a.seq - b.seq)
}

const stepStates: Step['state'][] = ['pending', 'running', 'done', 'failed', 'skipped', 'cancelled']

/** The steps with one that turned out to be needed: before the one it names, else at the end. */
function inserted(steps: Step[], step: Step, before: string): Step[] {
  const place = steps.findIndex((other) => other.name === before)
  return place < 0 ? [...steps, step] : [...steps.slice(0, place), step, ...steps.slice(place)]
}

function withStep(operation: OperationRecord, event: OperationEvent, data: Record<string, unknown>): OperationRecord {
  const name = text(data.name) || event.step
  const state = stepStates.find((known) => known === data.state)
  if (!state || !name) return operation
  const ended = state !== 'pending' && state !== 'running'
  const known = operation.steps.find((step) => step.name === name)
  const step: Step = {
    name,
    title: text(data.title) || known?.title || name,
    state,
    detail: 'detail' in data ? text(data.detail) : (known?.detail ?? ''),
    started_at: text(data.started_at) || known?.started_at || (state === 'pending' || state === 'skipped' ? null : event.at),
    finished_at: ended ? text(data.finished_at) || event.at : null,
    operation: text(data.operation) || (known?.operation ?? null),
  }
  const steps = known ? operation.steps.map((other) => (other.name === name ? step : other)) : inserted(operation.steps, step, text(data.before))
  return { ...operation, steps }
}

function withWorkload(operation: OperationRecord, data: Record<string, unknown>): OperationRecord {
  const name = text(data.name)
  if (!name || typeof data.ready !== 'number' || typeof data.desired !== 'number') return operation
  const workload: OperationWorkload = {
    kind: text(data.kind), name, ready: data.ready, desired: data.desired, state: text(data.state), detail: text(data.detail),
  }
  const same = (other: OperationWorkload) => other.kind === workload.kind && other.name === name
  const workloads = operation.workloads.some(same)
    ? operation.workloads.map((other) => (same(other) ? workload : other))
    : [...operation.workloads, workload]
  return { ...operation, workloads }
}

/** The operation after `event`. Final states come from a fresh read, not from here: they carry the error and result. */
export function applyEvent(operation: OperationRecord, event: OperationEvent): OperationRecord {
  const data = isRecord(event.data) ? event.data : {}
  if (event.event === 'step') return withStep(operation, event, data)
  if (event.event === 'workload') {
    if (!Array.isArray(data.workloads)) return withWorkload(operation, data)
    return data.workloads.filter(isRecord).reduce<OperationRecord>(withWorkload, { ...operation, workloads: [] })
  }
  if (event.event === 'state') {
    const state = (['queued', 'running', 'verifying', 'cancelling'] as const).find((known) => known === data.state)
    if (!state) return operation
    return { ...operation, state, started_at: operation.started_at ?? (state === 'queued' ? null : event.at) }
  }
  return operation
}

/** The lines the log shows: everything with words; `plain` leaves out the step echoes and debug ones. */
export function logLines(events: OperationEvent[], plain: boolean): OperationEvent[] {
  return events.filter((event) => event.message !== '' && (!plain || (event.event === 'log' && event.level !== 'debug')))
}

/** The step of a line in a word: steps of rounds have names for machines, such as r1-b-0-0 and r1-apply. */
export function stepWord(step: string): string {
  if (!/^(?:[rcup]\d+|u)-/.test(step)) return step
  return /-(apply|settle|claims)$/.exec(step)?.[1] ?? 'command'
}

/** The log as text for a file or a support message. */
export function logText(events: OperationEvent[]): string {
  return events.map((event) => `${event.at} ${event.level} ${event.step}: ${event.message}`).join('\n')
}
