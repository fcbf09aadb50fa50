/** A block of code with a copy button. */
import type { ReactElement } from 'react'
import { CopyButton } from './copy-button'

export function CodeBlock({ text, label, copy = true }: { text: string; label: string; copy?: boolean }): ReactElement {
  return (
    <div className="code-wrap">
      <pre className="code" tabIndex={0} aria-label={label}>{text}</pre>
      {copy && <CopyButton text={text} label={`Copy ${label}`} icon />}
    </div>
  )
}
