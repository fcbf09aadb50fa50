/** What the user has chosen so far; survives a reload, secrets do not. */
import type { Values } from '../../../api/types'
import { isTree } from '../../../lib/form/values'

export interface Draft {
  /** Null follows the suggestion. */
  name: string | null
  namespace: string | null
  version: string | null
  plan: string | null
  cluster: string | null
  values: Values
  /** Members of a stack that are left out. */
  without: string[]
}

export const emptyDraft: Draft = { name: null, namespace: null, version: null, plan: null, cluster: null, values: {}, without: [] }

/** The draft a stored text holds; an empty one when it holds none. */
export function readDraft(text: string | null): Draft {
  if (!text) return emptyDraft
  try {
    const stored: unknown = JSON.parse(text)
    if (!isTree(stored)) return emptyDraft
    const word = (key: string) => (typeof stored[key] === 'string' ? (stored[key] as string) : null)
    return { name: word('name'), namespace: word('namespace'), version: word('version'), plan: word('plan'), cluster: word('cluster'), values: isTree(stored.values) ? stored.values : {}, without: Array.isArray(stored.without) ? stored.without.filter((each): each is string => typeof each === 'string') : [] }
  } catch {
    return emptyDraft
  }
}

/** The stored draft, else one made of `former`, with what is wished laid over it. */
export function beginDraft(text: string | null, former: Partial<Draft>, wished: Partial<Draft>): Draft {
  return { ...(text ? readDraft(text) : { ...emptyDraft, ...former }), ...wished }
}

/** "values.auth.database" of the server's answer is "auth.database" of the form; others stay. */
export function serverErrors(fields: Record<string, string[]>): { values: Record<string, string[]>; own: Record<string, string[]> } {
  const values: Record<string, string[]> = {}
  const own: Record<string, string[]> = {}
  for (const [path, messages] of Object.entries(fields)) {
    if (path.startsWith('values.')) values[path.slice(7)] = messages
    else own[path] = messages
  }
  return { values, own }
}
