/** The three facts of a service: asked for, doing, seen. */
import type { Service, VerdictName } from '../../../api/types'
import { moment } from '../../../lib/format'

/** "broker" of "brokers", "copy of each version" of "copies of each version". */
function one(title: string): string {
  return title.replace(/ies\b|s$/, (ending) => (ending === 's' ? '' : 'y'))
}

/** "Standard, 3 brokers": the plan and the size. */
export function askedFor(service: Pick<Service, 'desired' | 'scaling' | 'package' | 'update' | 'server_version'>): { big: string; small: string } {
  const plan = service.desired.plan ? service.desired.plan.charAt(0).toUpperCase() + service.desired.plan.slice(1) : 'Own values'
  const sizes = service.scaling.map((part) => {
    const n = service.desired.replicas[part.component] ?? part.replicas
    return `${n} ${n === 1 ? one(part.title.toLowerCase()) : part.title.toLowerCase()}`
  })
  const update = service.update ? `. Package ${service.update.version} is available` : ''
  const version = service.server_version ? `${service.server_version}, package ${service.desired.version}` : service.desired.version
  return { big: [plan, ...sizes].join(', '), small: `${service.package.title} ${version}${update}` }
}

/** Health as people read it; a silent cluster makes the last verdict a memory. */
export function seen(service: Pick<Service, 'health' | 'cluster' | 'state'>, now: number): { verdict: VerdictName; since: string; text: string } {
  const { verdict, since, reason, stale, observed_at } = service.health
  if (service.state === 'uninstalled') return { verdict: 'suspended', since: since ? `since ${moment(since, now)}` : '', text: 'Uninstalled: nothing of it runs.' }
  if (stale && verdict !== 'unknown') {
    const at = observed_at ? ` at ${moment(observed_at, now)}` : ''
    return {
      verdict: 'unknown',
      since: observed_at ? `since ${moment(observed_at, now)}` : '',
      text: `${service.cluster.name} is silent. It was ${verdict}${at}; it probably still runs.`,
    }
  }
  return { verdict, since: since ? `since ${moment(since, now)}` : '', text: reason }
}
