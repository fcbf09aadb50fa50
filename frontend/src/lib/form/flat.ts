/** One level of properties for the form library: "auth.database" becomes the key "auth/database". */
import type { Json, Values } from '../../api/types'
import type { FormField, Schema } from './fields'
import { getPath } from './values'

export const keyOf = (path: string): string => path.replaceAll('.', '/')
export const pathOf = (key: string): string => key.replaceAll('/', '.')

/** The flat schema of these fields, names only: checks are left to validateValues, which sees the whole tree. */
export function flatSchema(fields: FormField[]): Schema {
  return { type: 'object', properties: Object.fromEntries(fields.map((field) => [keyOf(field.path), { title: field.title }])) }
}

/** The flat data: what each field shows now. */
export function flatData(fields: FormField[], merged: Values): Record<string, Json | undefined> {
  return Object.fromEntries(fields.map((field) => [keyOf(field.path), getPath(merged, field.path)]))
}
