/** What the page of a stack says of it. */
import type { Stack, StackMember, VerdictName } from '../../../api/types'
import { count } from '../../../lib/format'
import { isActive } from '../../../lib/operations'

const here = (stack: Pick<Stack, 'members'>): StackMember[] => stack.members.filter((each) => each.state === 'present')

/** "Small, 4 services". */
export function askedFor(stack: Pick<Stack, 'plan' | 'members'>): string {
  const left = stack.members.filter((each) => each.state !== 'uninstalled').length
  return `${stack.plan.charAt(0).toUpperCase()}${stack.plan.slice(1)}, ${count(left, 'service')}`
}

/** The worst of the services that are there, and how many are well. */
export function seen(stack: Pick<Stack, 'state' | 'members' | 'health' | 'operation'>): { verdict: VerdictName; text: string } {
  if (stack.state === 'uninstalled') return { verdict: 'suspended', text: 'Uninstalled: nothing of it runs.' }
  const present = here(stack)
  if (present.length === 0) return { verdict: 'unknown', text: 'Nothing of it runs yet.' }
  const healthy = present.filter((each) => each.verdict === 'healthy').length
  if (healthy === present.length) return { verdict: 'healthy', text: `All ${count(healthy, 'service')} healthy.` }
  // A service whose turn has not come is not seen yet; nothing is wrong with it.
  if (stack.health.verdict === 'unknown' && isActive(stack.operation)) return { verdict: 'progressing', text: `${healthy} of ${count(present.length, 'service')} healthy.` }
  return { verdict: stack.health.verdict, text: `${healthy} of ${count(present.length, 'service')} healthy. ${stack.health.reason}`.trim() }
}

/** What stands in the place of the health of a service that is not there. */
export function absence(member: Pick<StackMember, 'state'>): string {
  return member.state === 'planned' ? 'Not installed yet' : 'Uninstalled'
}

/** The names of services as the members that use them know them. */
export function boundTo(stack: Pick<Stack, 'members'>, member: StackMember): { title: string; id: string; gone: boolean }[] {
  return member.bound_to.flatMap((name) => {
    const other = stack.members.find((each) => each.member === name)
    return other ? [{ title: other.title, id: other.id, gone: other.state === 'uninstalled' }] : []
  })
}
