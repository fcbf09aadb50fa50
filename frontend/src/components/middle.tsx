/** A long name cut in the middle: its end tells it from its neighbours. */
import type { ReactElement } from 'react'

const tail = 6

export function Middle({ text }: { text: string }): ReactElement {
  if (text.length <= 2 * tail) return <span className="clip">{text}</span>
  return <span className="middle"><span className="clip">{text.slice(0, -tail)}</span><span>{text.slice(-tail)}</span></span>
}
