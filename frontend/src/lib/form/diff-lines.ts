/** What differs from a base, as lines of YAML with "+", "-" and unchanged parents between. */
import { stringify } from 'yaml'
import type { Json, Values } from '../../api/types'
import { isTree, sameJson } from './values'

const hidden = '••••••'

function lines(sign: '+' | '-' | ' ', indent: number, key: string, value: Json): string[] {
  const text = stringify({ [key]: value }, { lineWidth: 0 }).trimEnd()
  return text.split('\n').map((line) => `${sign} ${' '.repeat(indent)}${line}`)
}

/**
 * Lines for every key of `user` that differs from `base`. Paths in `secrets` show dots.
 * A null in `user` is a key taken away.
 */
export function diffLines(base: Values, user: Values, secrets: string[] = [], indent = 0, prefix = ''): string[] {
  const result: string[] = []
  for (const [key, value] of Object.entries(user)) {
    const before = base[key]
    const path = prefix ? `${prefix}.${key}` : key
    if (isTree(value) && (isTree(before) || before === undefined) && Object.keys(value).length > 0) {
      const below = diffLines(isTree(before) ? before : {}, value, secrets, indent + 2, path)
      if (below.length > 0) result.push(`${before === undefined ? '+' : ' '} ${' '.repeat(indent)}${key}:`, ...below)
      continue
    }
    if (value !== null && sameJson(before, value)) continue
    const secret = secrets.includes(path)
    if (before !== undefined) result.push(...lines('-', indent, key, secret && before !== '' ? hidden : before))
    if (value !== null) result.push(...lines('+', indent, key, secret ? hidden : value))
  }
  return result
}
