/** Whether a cluster answers, in one word and one line. */
import type { Cluster, VerdictName } from '../../../api/types'
import { age, moment } from '../../../lib/format'

export interface Reach {
  verdict: VerdictName
  word: string
  since: string
}

/** The shape, the word and since when. */
export function reach(cluster: Pick<Cluster, 'state' | 'reachability'>, now: number): Reach {
  const { reachable, since } = cluster.reachability
  if (cluster.state === 'registering') return { verdict: 'progressing', word: 'Connecting', since: '' }
  if (cluster.state === 'removing') return { verdict: 'progressing', word: 'Being removed', since: '' }
  if (cluster.state === 'failed') return { verdict: 'failed', word: 'Not connected', since: '' }
  if (reachable === true) return { verdict: 'healthy', word: 'Answers', since: since ? `since ${moment(since, now)}` : '' }
  if (reachable === false) {
    const seconds = since ? (now - Date.parse(since)) / 1000 : 0
    return { verdict: 'unknown', word: 'Silent', since: since ? `since ${moment(since, now)}, ${age(seconds)}` : '' }
  }
  return { verdict: 'unknown', word: 'Not checked yet', since: '' }
}

/** "4 clusters, 3 of them answer." */
export function reachSummary(clusters: Pick<Cluster, 'reachability' | 'state'>[]): string {
  const total = clusters.length
  const answering = clusters.filter((c) => c.state === 'registered' && c.reachability.reachable === true).length
  const silent = clusters.some((c) => c.reachability.reachable === false)
  const answers =
    total === answering
      ? total === 1 ? 'it answers' : 'all of them answer'
      : answering === 0 ? (total === 1 ? 'it does not answer' : 'none of them answers') : `${answering} of them ${answering === 1 ? 'answers' : 'answer'}`
  const first = `${total} ${total === 1 ? 'cluster' : 'clusters'}, ${answers}.`
  return silent ? `${first} Services on a silent cluster keep running; we cannot see or change them.` : first
}

/** The credential in words: what it is and how long it is good. */
export function credentialLine(credential: Cluster['credential'], now: number): string {
  if (!credential) return 'none yet'
  const parts: string[] = []
  if (credential.renewed_at) parts.push(`renewed ${moment(credential.renewed_at, now)}`)
  if (credential.expires_at) {
    const left = (Date.parse(credential.expires_at) - now) / 1000
    parts.push(left > 0 ? `good for ${age(left)}` : 'expired')
  }
  return parts.join(', ') || 'does not expire'
}
