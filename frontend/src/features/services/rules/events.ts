/** Events of a service: level to shape, and the filter by kind. */
import type { ServiceEvent, VerdictName } from '../../../api/types'
import { kindWord } from '../../../lib/operations'

export type EventFilter = 'all' | ServiceEvent['kind']

export interface EventLine {
  text: string
  detail: string
  /** The shape beside it; null is the plain clock. */
  verdict: VerdictName | null
  label: string
  operation: string | null
}

const verdicts: VerdictName[] = ['healthy', 'progressing', 'degraded', 'failed', 'suspended', 'unknown']
const outcomes: Record<string, string> = {
  succeeded: 'done', failed: 'failed', cancelled: 'stopped', superseded: 'replaced by a newer wish', queued: 'waits', running: 'under way', verifying: 'under way', cancelling: 'stops',
}

/** An event in words: what, whose, with the shape its kind has. */
export function eventLine(event: Pick<ServiceEvent, 'kind' | 'level' | 'reason' | 'object' | 'message'>): EventLine {
  const level = event.level.toLowerCase()
  const byLevel: VerdictName | null = level === 'error' ? 'failed' : level === 'warning' ? 'degraded' : null
  if (event.kind === 'operation') {
    const id = /^operation\/(.+)$/.exec(event.object)?.[1] ?? null
    const outcome = outcomes[event.message.toLowerCase()]
    const text = outcome ? `${kindWord(event.reason)} ${outcome}` : `${kindWord(event.reason)}: ${event.message}`
    return { text, detail: '', verdict: byLevel ?? (event.message === 'succeeded' ? 'healthy' : null), label: outcome ?? level, operation: id }
  }
  if (event.kind === 'health') {
    const verdict = verdicts.find((name) => name === event.reason.toLowerCase()) ?? byLevel
    return { text: event.message, detail: '', verdict, label: verdict ?? level, operation: null }
  }
  return { text: event.message, detail: [event.reason, event.object].filter(Boolean).join(' · '), verdict: byLevel, label: level, operation: null }
}

/** Newest first, of one kind or all. */
export function filterEvents(events: ServiceEvent[], filter: EventFilter): ServiceEvent[] {
  return events.filter((event) => filter === 'all' || event.kind === filter).sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}
