/** The draft in this browser's storage, kept while the tab lives. */
import { useCallback, useState } from 'react'
import { readDraft, type Draft } from './rules/draft'

const keyOf = (id: string) => `anywhere.install.${id}`

function stored(id: string): string | null {
  try { return sessionStorage.getItem(keyOf(id)) } catch { return null }
}

/** The draft and a way to change it; `wished` from the address wins over what was stored. */
export function useDraft(id: string, wished: Partial<Draft>): [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState<Draft>(() => {
    const kept = readDraft(stored(id))
    return { ...kept, plan: wished.plan ?? kept.plan, cluster: wished.cluster ?? kept.cluster }
  })
  const change = useCallback((part: Partial<Draft>) => setDraft((before) => {
    const after = { ...before, ...part }
    try { sessionStorage.setItem(keyOf(id), JSON.stringify(after)) } catch { /* a full or forbidden storage loses only the draft */ }
    return after
  }), [id])
  return [draft, change]
}

/** Forgets the draft once it became a service. */
export function forgetDraft(id: string): void {
  try { sessionStorage.removeItem(keyOf(id)) } catch { /* nothing to forget */ }
}
