/** What a package needs of a cluster, in words. */
import type { Values } from '../../../api/types'

/** ">=1.29.0-0" → "1.29 or newer"; other ranges are shown as they are. */
export function kubernetesWords(range: string): string {
  const match = /^>=\s*v?(\d+)\.(\d+)(?:\.0)?(?:-0)?$/.exec(range.trim())
  return match ? `${match[1]}.${match[2]} or newer` : range.replace(/-0\b/g, '')
}

/** Name and value of each need. */
export function needsOf(requires: Values): { name: string; value: string }[] {
  const needs: { name: string; value: string }[] = []
  if (typeof requires.kubernetes === 'string') needs.push({ name: 'Kubernetes', value: kubernetesWords(requires.kubernetes) })
  if (requires.storage === true) needs.push({ name: 'Storage', value: 'a storage class' })
  for (const [key, value] of Object.entries(requires)) {
    if (key === 'kubernetes' || key === 'storage' || value === false || value === null) continue
    needs.push({ name: key.charAt(0).toUpperCase() + key.slice(1), value: value === true ? 'needed' : Array.isArray(value) ? value.join(', ') : String(value) })
  }
  needs.push({ name: 'Rights', value: 'one namespace' })
  return needs
}
