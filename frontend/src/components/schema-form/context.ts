/** What every part of the schema form can ask for. */
import { createContext, useContext } from 'react'
import type { Bindable, ClusterOptions, Json } from '../../api/types'
import type { FieldErrors } from '../../lib/form/validate'
import type { FormField } from '../../lib/form/fields'
import type { SecretValues } from '../../lib/form/secrets'

export interface SchemaFormState {
  fields: Map<string, FormField>
  errors: FieldErrors
  options: ClusterOptions | null
  /** The services of the namespace that this one can be bound to; null while they are not known. */
  bindable: Bindable[] | null
  clusterName: string | null
  /** "change": what is immutable is locked, and an empty secret keeps what it was. */
  mode: 'install' | 'change'
  secrets: SecretValues
  isChanged: (path: string) => boolean
  baseOf: (path: string) => Json | undefined
  onChange: (path: string, value: Json | undefined) => void
  onSecret: (path: string, value: string) => void
  onUndo: (path: string) => void
}

export const SchemaFormContext = createContext<SchemaFormState | null>(null)

export function useSchemaForm(): SchemaFormState {
  const state = useContext(SchemaFormContext)
  if (!state) throw new Error('This part belongs inside a SchemaForm.')
  return state
}
