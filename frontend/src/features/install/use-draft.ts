/** The draft in this browser's storage, kept while the tab lives. */
import { useCallback, useState } from 'react'
import { beginDraft, type Draft } from './rules/draft'

const keyOf = (id: string) => `anywhere.install.${id}`

function stored(id: string): string | null {
  try { return sessionStorage.getItem(keyOf(id)) } catch { return null }
}

/** The draft and a way to change it: what was stored, else `former`; `wished` from the address wins over both. */
export function useDraft(id: string, former: Partial<Draft>, wished: Partial<Draft>): [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState<Draft>(() => beginDraft(stored(id), former, wished))
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
