/** What "Copy for support" puts on the clipboard: the cause and the ids, no values. */
import type { Operation } from '../../../api/types'

/** Plain text a provider or administrator can act on. */
export function supportText(operation: Operation): string {
  const lines = [`Operation ${operation.id}`, `${operation.kind} of ${operation.subject.name}: ${operation.state}`]
  const problem = operation.error
  if (problem) {
    lines.push(`${problem.code}: ${problem.title}`, problem.detail)
    if (problem.cause) {
      const { kind, name, reason, message, log_tail } = problem.cause
      lines.push(`${kind} ${name} ${reason}: ${message}`, ...log_tail.map((line) => `  ${line}`))
    }
  }
  return lines.filter((line) => line.trim() !== '').join('\n')
}
