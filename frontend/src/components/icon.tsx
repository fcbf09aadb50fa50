/** Icons: line drawings by name, and the six verdict shapes. */
import type { ReactElement } from 'react'
import type { VerdictName } from '../api/types'
import { linePaths, verdictPaths } from './icon-paths'

export type IconName = keyof typeof linePaths

/** A line icon; hidden from readers unless it has a label. */
export function Icon({ name, label, className = '' }: { name: IconName; label?: string; className?: string }): ReactElement {
  const named = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true }
  return <svg className={`i ${className}`} viewBox="0 0 16 16" {...named}>{linePaths[name]}</svg>
}

/** The shape of a verdict; give a label when no word stands beside it. */
export function VerdictIcon({ verdict, label }: { verdict: VerdictName; label?: string }): ReactElement {
  const named = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true }
  return <svg className={`i vi v-${verdict}`} viewBox="0 0 16 16" {...named}>{verdictPaths[verdict]}</svg>
}

/** The mark of Anywhere. */
export function Logo(): ReactElement {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" strokeWidth="2.2" strokeDasharray="43 13.5" strokeLinecap="round" transform="rotate(-20 12 12)" />
      <circle cx="18.6" cy="5.6" r="2.9" fill="currentColor" />
      <circle cx="12" cy="12" r="2.6" fill="currentColor" />
    </svg>
  )
}
