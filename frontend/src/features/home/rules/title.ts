/** What the head of Home says. */
import type { Overview } from '../../../api/types'
import { count } from '../../../lib/format'

/** The number of things that need a person is the title. */
export function homeTitle(overview: Pick<Overview, 'needs_attention' | 'counts'>): { title: string; lead: string } {
  const needs = overview.needs_attention.length
  const all = Object.values(overview.counts).reduce((sum, n) => sum + n, 0)
  const title = needs === 0 ? 'Nothing needs you' : `${count(needs, 'thing')} ${needs === 1 ? 'needs' : 'need'} you`
  if (all === 0) return { title, lead: 'No services yet.' }
  if (overview.counts.healthy === all) return { title, lead: all === 1 ? 'Your service is healthy.' : `All ${all} services are healthy.` }
  const lead = `${overview.counts.healthy} of ${count(all, 'service')} ${overview.counts.healthy === 1 ? 'is' : 'are'} healthy.`
  return { title, lead: needs ? `${lead} What needs you comes first, worst on top.` : lead }
}
