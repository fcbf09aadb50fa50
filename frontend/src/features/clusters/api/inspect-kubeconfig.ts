/** Reads a kubeconfig on the server 400 ms after the last change. Kept in memory only, never in a cache. */
import { useEffect, useState } from 'react'
import { api, asProblem, type Problem } from '../../../api/client'
import type { KubeconfigInspection } from '../../../api/types'
import { refuseText } from '../rules/kubeconfig'

export type Inspection =
  | { kind: 'empty' }
  | { kind: 'reading'; before: KubeconfigInspection | null }
  | { kind: 'refused'; problem: Problem }
  | { kind: 'too-large'; detail: string }
  | { kind: 'read'; answer: KubeconfigInspection }

export interface Asked {
  kubeconfig: string
  context: string | null
  namespace?: string
  insecure?: boolean
}

export function useInspection(org: string, { kubeconfig, context, namespace = '', insecure = false }: Asked): Inspection {
  const [state, setState] = useState<Inspection>({ kind: 'empty' })
  useEffect(() => {
    if (kubeconfig.trim() === '') {
      setState({ kind: 'empty' })
      return
    }
    const detail = refuseText(kubeconfig)
    if (detail) {
      setState({ kind: 'too-large', detail })
      return
    }
    setState((was) => ({ kind: 'reading', before: was.kind === 'read' ? was.answer : null }))
    const abort = new AbortController()
    const timer = setTimeout(() => {
      const body = { kubeconfig, ...(context ? { context } : {}), ...(namespace ? { namespace } : {}), ...(insecure ? { allow_insecure_tls: true } : {}) }
      api.post<KubeconfigInspection>(`organizations/${org}/clusters/inspect/`, body, { signal: abort.signal })
        .then((answer) => setState({ kind: 'read', answer }))
        .catch((error: unknown) => { if (!abort.signal.aborted) setState({ kind: 'refused', problem: asProblem(error) }) })
    }, 400)
    return () => { clearTimeout(timer); abort.abort() }
  }, [org, kubeconfig, context, namespace, insecure])
  return state
}
