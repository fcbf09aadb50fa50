/** Bars that say their words: "31 of 48 cores". */
import type { ReactElement } from 'react'

export function Bar({ part, of, words, stale = false, warnAt = 0.85 }: { part: number; of: number; words: string; stale?: boolean; warnAt?: number }): ReactElement {
  const share = of > 0 ? Math.min(1, part / of) : 0
  return (
    <div className={`bar${stale ? ' stale' : ''}`} role="img" aria-label={words}>
      <i className={share >= warnAt ? 'warn' : ''} style={{ '--p': `${Math.floor(share * 1000) / 10}%` }} />
    </div>
  )
}

/** A named bar with its words at the right. */
export function Meter({ label, words, part, of, stale }: { label: string; words: string; part: number; of: number; stale?: boolean }): ReactElement {
  return (
    <div className="meter">
      <span>{label}</span><span className="num dim">{words}</span>
      <Bar part={part} of={of} words={`${label}: ${words}`} stale={stale} />
    </div>
  )
}
