/** Values as YAML text and back, with errors by line. */
import { isAlias, parseDocument, stringify, visit } from 'yaml'
import type { Values } from '../../api/types'
import { isTree } from './values'

export type Parsed = { ok: true; values: Values } | { ok: false; errors: { line: number; message: string }[] }

/** The tree a text holds; an empty text is an empty tree. */
export function parseYaml(text: string): Parsed {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true })
  const errors = document.errors.map((error) => ({
    line: error.linePos?.[0].line ?? 1,
    message: (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
  }))
  if (errors.length > 0) return { ok: false, errors }
  let aliased = false
  visit(document, (_, node) => {
    if (isAlias(node)) { aliased = true; return visit.BREAK }
    return undefined
  })
  if (aliased) return { ok: false, errors: [{ line: 1, message: 'References (*name) are not possible here: write the values out.' }] }
  const value: unknown = document.toJS()
  if (value === null || value === undefined) return { ok: true, values: {} }
  if (!isTree(value)) return { ok: false, errors: [{ line: 1, message: 'The text has to be names with values, such as "replicas: 3".' }] }
  return { ok: true, values: value }
}

/** YAML of the values; empty text for none. */
export function toYaml(values: Values): string {
  return Object.keys(values).length === 0 ? '' : stringify(values, { lineWidth: 0, indent: 2 })
}
