/** A difference in text: removed and added lines marked by sign and colour. */
import type { ReactElement } from 'react'

const kind = (line: string) => {
  if (line.startsWith('+')) return 'add'
  if (line.startsWith('-')) return 'del'
  if (line.startsWith('@@') || line.startsWith('#') || line.startsWith('⋯')) return 'cut'
  return undefined
}

/** `text` is unified: lines start with "+", "-" or a space. File headers are left out. */
export function Diff({ text, label }: { text: string; label: string }): ReactElement {
  const lines = text.split('\n').filter((line) => !/^(---|\+\+\+) /.test(line))
  if (lines.at(-1) === '') lines.pop()
  return (
    <pre className="yaml" tabIndex={0} aria-label={label}>
      {lines.map((line, i) => <span key={i} className={kind(line)}>{line || ' '}</span>)}
    </pre>
  )
}
