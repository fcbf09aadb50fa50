/** What a change sends: only what differs from now; secrets left out are kept. */
import type { Values } from '../../../api/types'
import { withoutMasks } from '../../../lib/form/masks'
import { withSecrets, type SecretValues } from '../../../lib/form/secrets'
import { sameJson } from '../../../lib/form/values'

export interface Draft {
  values: Values
  secrets: SecretValues
  plan: string
  version: string
}
export interface ChangeRequest {
  values?: Values
  plan?: string
  version?: string
}

/** The draft a change starts from: what is asked for now, without the marks of secrets. */
export function draftOf(now: { values: Values; plan: string; version: string }): Draft {
  return { values: withoutMasks(now.values), secrets: {}, plan: now.plan, version: now.version }
}

/** The request for a draft; null when nothing differs. */
export function changeRequest(now: { values: Values; plan: string; version: string }, draft: Draft): ChangeRequest | null {
  const typed = Object.values(draft.secrets).some((value) => value !== '')
  const request: ChangeRequest = {}
  if (typed || !sameJson(withoutMasks(now.values), draft.values)) request.values = withSecrets(draft.values, draft.secrets)
  if (draft.plan !== now.plan) request.plan = draft.plan
  if (draft.version !== now.version) request.version = draft.version
  return Object.keys(request).length > 0 ? request : null
}
