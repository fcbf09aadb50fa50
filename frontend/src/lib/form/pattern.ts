/** A pattern in words, when it is one of the plain kind that names are made of; the server says the same. */
import { listed } from '../format'

const signs: Record<string, string> = { _: 'underscores', '-': 'hyphens', '.': 'dots' }
const ranges: [string, string][] = [['a-z', 'small letters'], ['A-Z', 'capital letters'], ['0-9', 'digits']]
const plain = /^\^(?:\[([^\][^]+)\])?\[([^\][^]+)\](\*|\+|\{\d+,(\d+)\})\$$/

const one = (plural: string) => `${/^[aeiou]/.test(plural) ? 'an' : 'a'} ${plural.slice(0, -1)}`

/** What stands between brackets in words; nothing when there is something else among it. */
function wordsOf(text: string): string[] {
  const words: string[] = []
  let rest = text
  for (const [span, name] of ranges) {
    if (rest.includes(span)) words.push(name)
    rest = rest.replace(span, '')
  }
  const others = [...rest].map((sign) => signs[sign] ?? '')
  return others.includes('') ? [] : [...words, ...others]
}

/** "This takes small letters and digits, begins with a small letter …."; empty when it is of another kind. */
export function patternSentence(pattern: string): string {
  const found = plain.exec(pattern)
  if (!found) return ''
  const first = wordsOf(found[1] ?? '')
  const rest = wordsOf(found[2] ?? '')
  if (rest.length === 0 || (found[1] && first.length === 0)) return ''
  const parts = [`takes ${listed(rest)}`]
  if (first.length > 0 && first.join() !== rest.join()) parts.push(`begins with ${listed(first.map(one), 'or')}`)
  if (found[4]) parts.push(`has at most ${Number(found[4]) + (first.length > 0 ? 1 : 0)} characters`)
  return `This ${listed(parts)}.`
}
