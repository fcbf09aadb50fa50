/** Events of a service: level to shape, and the filter by kind. */
import type { ServiceEvent, VerdictName } from '../../../api/types'

export type EventFilter = 'all' | ServiceEvent['kind']

/** The shape for an event's level; null is the plain clock. */
export function eventVerdict(level: string): VerdictName | null {
  const lowered = level.toLowerCase()
  if (lowered === 'error') return 'failed'
  if (lowered === 'warning') return 'degraded'
  return null
}

/** Newest first, of one kind or all. */
export function filterEvents(events: ServiceEvent[], filter: EventFilter): ServiceEvent[] {
  return events.filter((event) => filter === 'all' || event.kind === filter).sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}
