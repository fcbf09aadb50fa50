/** An audit entry as words: "installed orders-db". */
import type { AuditEntry } from '../../../api/types'
import type { IconName } from '../../../components/icon'

const verbs: Record<string, string> = {
  'service.install': 'asked to install', 'service.change': 'asked to change', 'service.rollback': 'asked to roll back',
  'service.scale': 'asked to scale', 'service.uninstall': 'asked to uninstall', 'service.retry': 'tried again',
  'service.procedure': 'ran a procedure of',
  'stack.install': 'asked to install', 'stack.retry': 'tried again', 'stack.uninstall': 'asked to uninstall',
  'service.reveal_credentials': 'looked at the credentials of',
  'cluster.register': 'asked to connect', 'cluster.register_practice': 'made the practice cluster', 'cluster.register_refused': 'was refused connecting',
  'cluster.configure_practice': 'changed the behaviour of', 'cluster.rename': 'renamed', 'cluster.remove': 'removed', 'cluster.refresh': 'checked',
  'cluster.replace_credential': 'replaced the credential of', 'member.add': 'added', 'member.change_role': 'changed the role of',
  'member.remove': 'removed', 'token.create': 'made the token', 'token.delete': 'revoked the token', 'account.change_password': 'changed the password of',
  'operation.cancel': 'stopped', 'organization.create': 'made the organization', 'organization.rename': 'renamed the organization',
  'package.publish': 'published', 'provider.create': 'made the provider',
}

/** The verb of an action; unknown ones are spelled out from their code. */
export function actionWords(action: string): string {
  return verbs[action] ?? action.replace(/[._]/g, ' ')
}

/** Who did it: the email, or the portal itself. */
export function actorName(entry: Pick<AuditEntry, 'actor'>): string {
  return entry.actor?.email ?? 'Anywhere'
}

export interface Day {
  key: string
  entries: AuditEntry[]
}

/** Entries by local day, in the order they came. */
export function byDay(entries: AuditEntry[]): Day[] {
  const days: Day[] = []
  for (const entry of entries) {
    const key = new Date(entry.at).toDateString()
    const last = days.at(-1)
    if (last?.key === key) last.entries.push(entry)
    else days.push({ key, entries: [entry] })
  }
  return days
}

const day = 86_400_000

/** "Today", "Yesterday", else the date. */
export function dayTitle(key: string, now: number): string {
  if (key === new Date(now).toDateString()) return 'Today'
  if (key === new Date(now - day).toDateString()) return 'Yesterday'
  return new Date(key).toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
}

const icons: [RegExp, IconName][] = [
  [/install$/, 'plus'], [/uninstall|remove|revoke|delete/, 'trash'], [/scale/, 'scale'], [/rollback|retry|refresh/, 'restart'],
  [/reveal|credential|token/, 'key'], [/cluster/, 'cluster'], [/member|session|password/, 'user'], [/change|rename/, 'edit'],
]

/** The drawing for an action. */
export function actionIcon(action: string): IconName {
  if (action.includes('uninstall')) return 'trash'
  return icons.find(([pattern]) => pattern.test(action))?.[1] ?? 'clock'
}

const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** The operation an entry began; null when it began none. */
export function operationOf(detail: unknown): string | null {
  if (typeof detail !== 'object' || detail === null || !('operation' in detail)) return null
  return typeof detail.operation === 'string' && uuid.test(detail.operation) ? detail.operation : null
}

/** The plain parts of an entry's detail: "version 18.6, plan small". Ids and digests say nothing to people. */
export function detailWords(detail: unknown): string {
  if (typeof detail === 'string') return detail
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return ''
  return Object.entries(detail)
    .filter(([key, value]) => !/(^|_)(id|digest|operation)$/.test(key) && (typeof value === 'string' || typeof value === 'number' || value === true) && value !== '' && !uuid.test(String(value)))
    .sort(([a], [b]) => Number(b === 'summary') - Number(a === 'summary'))
    .map(([key, value]) => {
      if (key === 'summary') return String(value)
      return value === true ? key.replaceAll('_', ' ') : `${key.replaceAll('_', ' ')} ${String(value)}`
    })
    .join(', ')
}
