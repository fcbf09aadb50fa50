/** What the register dialog says about a kubeconfig after the server has read it. */
import type { Finding, KubeconfigInspection } from '../../../api/types'

export interface ContextChoice {
  name: string
  detail: string
  chosen: boolean
}
export interface KubeconfigPreview {
  contexts: ContextChoice[]
  /** "Read: server k8s.example, user admin." or null while nothing can be said. */
  sentence: string | null
  /** The refusals, in the order they came; with one of these the button stays off. */
  refused: Finding[]
  remarks: Finding[]
  canConnect: boolean
}

/** At most 1 MiB is read by the server; more is refused before it is sent. */
export const largest = 1024 * 1024

/** Contexts to choose from, the sentence below the field, and whether connecting is possible. */
export function previewKubeconfig(answer: KubeconfigInspection, asked: string | null): KubeconfigPreview {
  const selected = asked ?? answer.current_context ?? (answer.contexts.length === 1 ? answer.contexts[0]?.name : null) ?? null
  const contexts = choicesOf(answer.contexts, selected)
  const refused = answer.findings.filter((finding) => finding.level === 'error')
  const user = answer.contexts.find((context) => context.name === selected)?.user
  const sentence = answer.chosen
    ? [
        `Read: server ${answer.chosen.host}`,
        user && `, user ${user}`,
        answer.chosen.credential === 'token' ? ', by token.' : ', by client certificate.',
        answer.dropped.length > 0 && ` Left out: ${answer.dropped.join(', ')}.`,
      ]
        .filter(Boolean)
        .join('')
    : null
  return {
    contexts,
    sentence,
    refused,
    remarks: answer.findings.filter((finding) => finding.level !== 'error'),
    canConnect: refused.length === 0 && answer.chosen !== null,
  }
}

/** The contexts a refusal carries, so that another one can be chosen. */
export function contextsOf(more: Record<string, unknown>): KubeconfigInspection['contexts'] {
  if (!Array.isArray(more.contexts)) return []
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  return more.contexts
    .filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null)
    .map((item) => ({ name: text(item.name), cluster: text(item.cluster), user: text(item.user), namespace: text(item.namespace), server: text(item.server) }))
    .filter((item) => item.name !== '')
}

/** Contexts as choices, with the one that applies. */
export function choicesOf(contexts: KubeconfigInspection['contexts'], selected: string | null): ContextChoice[] {
  return contexts.map((context) => ({
    name: context.name,
    detail: [`cluster ${context.cluster}`, `user ${context.user}`, context.namespace && `namespace ${context.namespace}`].filter(Boolean).join(', '),
    chosen: context.name === selected,
  }))
}

/** Why this text is not worth sending: empty is null, too large says so. */
export function refuseText(text: string): string | null {
  if (new Blob([text]).size > largest) return 'This is larger than 1 MiB. A kubeconfig is a few kilobytes: choose the right file.'
  return null
}

/** A name for the cluster from its context or host: "admin@prod-eu" → "prod-eu". */
export function suggestName(answer: KubeconfigInspection, asked: string | null): string {
  const selected = asked ?? answer.current_context
  const context = answer.contexts.find((item) => item.name === selected)
  const from = context?.cluster || context?.name || answer.chosen?.host || ''
  return from
    .toLowerCase()
    .replace(/^.*[@/]/, '')
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 53)
}

/** Rights by what they are for: each sentence once, with how many rules stand behind it. */
export function rightsByReason(rules: { why: string; resources: string[]; verbs: string[] }[]): { why: string; what: string[] }[] {
  const groups = new Map<string, string[]>()
  for (const rule of rules) {
    const what = `${rule.resources.join(', ')}: ${rule.verbs.join(', ')}`
    groups.set(rule.why, [...(groups.get(rule.why) ?? []), what])
  }
  return [...groups].map(([why, what]) => ({ why, what }))
}
