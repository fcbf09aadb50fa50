/** One level of properties for the form library: "auth.database" becomes the key "auth/database". */
import type { Json, Values } from '../../api/types'
import type { FormField, Schema } from './fields'
import { getPath } from './values'

export const keyOf = (path: string): string => path.replaceAll('.', '/')
export const pathOf = (key: string): string => key.replaceAll('/', '.')

const own = new Set(['x-form', 'default', 'title', 'description', 'writeOnly', '$ref'])

/** The flat schema of these fields; checks are left to validateValues, which sees the whole tree. */
export function flatSchema(fields: FormField[]): Schema {
  const properties: Record<string, Schema> = {}
  for (const field of fields) {
    const kept = Object.fromEntries(Object.entries(field.schema).filter(([key]) => !own.has(key)))
    properties[keyOf(field.path)] = { ...kept, title: field.title, description: field.description }
  }
  return { type: 'object', properties, required: fields.filter((field) => field.required).map((field) => keyOf(field.path)) }
}

/** The flat data: what each field shows now. */
export function flatData(fields: FormField[], merged: Values): Record<string, Json | undefined> {
  return Object.fromEntries(fields.map((field) => [keyOf(field.path), getPath(merged, field.path)]))
}
