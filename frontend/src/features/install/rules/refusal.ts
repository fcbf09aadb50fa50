/** Where a chart's refusal of the values belongs: the chart says it in words, with the path of what is wrong. */
import type { Values } from '../../../api/types'
import { fieldsOf, isShown, type Schema } from '../../../lib/form/fields'
import type { FieldErrors } from '../../../lib/form/validate'

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Where the path stands in the words; one without a dot is also a plain word, so it counts only where they begin. */
function place(path: string, words: string): number {
  return words.search(new RegExp(`${path.includes('.') ? '(?<![\\w.-])' : '^'}${escaped(path)}(?![\\w-])`))
}

/** The refusal at the shown field that it names first; empty when it names none. */
export function refusalAtField(words: string, schema: Schema, merged: Values): FieldErrors {
  const fields = fieldsOf(schema)
  const [first] = fields
    .filter((field) => isShown(field, merged, fields))
    .map((field) => ({ path: field.path, at: place(field.path, words) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
  return first ? { [first.path]: [words] } : {}
}
