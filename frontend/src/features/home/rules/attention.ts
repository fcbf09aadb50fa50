/** Which shape stands beside a line that needs a person. */
import type { VerdictName } from '../../../api/types'

const verdicts: [RegExp, VerdictName][] = [
  [/fail/, 'failed'],
  [/unreach|unknown|silent|stale/, 'unknown'],
  [/degrad|expir|credential|warn/, 'degraded'],
]

/** The shape beside a line; kinds of the API name what is wrong. */
export function attentionVerdict(kind: string): VerdictName {
  return verdicts.find(([pattern]) => pattern.test(kind))?.[1] ?? 'degraded'
}
