/** From a curated schema to the fields of a form: only what has `x-form` is shown. */
import type { Json, Values } from '../../api/types'
import { shownIn, unitToAsk } from './quantity'
import { getPath, isTree, sameJson } from './values'

export type Widget = 'password' | 'textarea' | 'slider' | 'list' | 'quantity' | 'storageClass' | 'ingressClass' | 'namespace' | 'secretRef' | 'bindingRef' | 'code'
export interface XForm {
  order: number
  group: string
  widget?: Widget
  level: 'basic' | 'advanced'
  unit?: string
  step?: number
  showIf?: { path: string; equals: Json }
  immutable: boolean
  generate?: string
  /** Of a bindingRef: the type of binding it takes. */
  accepts?: string
}
export type Schema = Record<string, unknown>
export interface FormField {
  path: string
  title: string
  description: string
  schema: Schema
  form: XForm
  required: boolean
  secret: boolean
}

const groupOrder = ['Basics', 'Size', 'Storage', 'Security', 'Network', 'Monitoring', 'Advanced']
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Follows a local $ref; siblings of it are kept. */
export function resolveRef(schema: Schema, root: Schema): Schema {
  const ref = schema.$ref
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return schema
  let at: unknown = root
  for (const key of ref.slice(2).split('/')) at = isSchema(at) ? at[key.replace(/~1/g, '/').replace(/~0/g, '~')] : undefined
  if (!isSchema(at)) return schema
  const { $ref: _, ...siblings } = schema
  return resolveRef({ ...at, ...siblings }, root)
}

/** "maxConnections" → "Max connections". */
export function titleFromKey(key: string): string {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[-_]+/g, ' ').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function toXForm(raw: Schema): XForm {
  const showIf = isSchema(raw.showIf) && typeof raw.showIf.path === 'string' ? { path: raw.showIf.path, equals: (raw.showIf.equals ?? true) as Json } : undefined
  return {
    order: typeof raw.order === 'number' ? raw.order : 1000,
    group: typeof raw.group === 'string' ? raw.group : 'Advanced',
    widget: typeof raw.widget === 'string' ? (raw.widget as Widget) : undefined,
    level: raw.level === 'advanced' ? 'advanced' : 'basic',
    unit: typeof raw.unit === 'string' ? raw.unit : undefined,
    step: typeof raw.step === 'number' ? raw.step : undefined,
    showIf,
    immutable: raw.immutable === true,
    generate: typeof raw.generate === 'string' ? raw.generate : undefined,
    accepts: typeof raw.accepts === 'string' ? raw.accepts : undefined,
  }
}

/** The fields of a schema in their order. `secrets` are paths the package says are secret. */
export function fieldsOf(root: Schema, secrets: string[] = []): FormField[] {
  const fields: FormField[] = []
  const walk = (node: Schema, prefix: string) => {
    const properties = isSchema(node.properties) ? node.properties : {}
    const required = Array.isArray(node.required) ? node.required : []
    for (const [key, raw] of Object.entries(properties)) {
      if (!isSchema(raw)) continue
      const schema = resolveRef(raw, root)
      const path = prefix ? `${prefix}.${key}` : key
      const form = schema['x-form']
      if (isSchema(form) && form.hidden === true) continue
      if (isSchema(form)) {
        fields.push({
          path,
          title: typeof schema.title === 'string' ? schema.title : titleFromKey(key),
          description: typeof schema.description === 'string' ? schema.description : '',
          schema,
          form: toXForm(form),
          required: required.includes(key),
          secret: schema.writeOnly === true || secrets.includes(path),
        })
      } else if (isSchema(schema.properties)) walk(schema, path)
    }
  }
  walk(root, '')
  return fields.sort((a, b) => a.form.order - b.form.order)
}

/** True when a field of the form picks another service. */
export const takesBindings = (root: Schema): boolean => fieldsOf(root).some((field) => field.form.widget === 'bindingRef')

/** True when the field is shown with these values; a field whose condition is hidden is hidden too. */
export function isShown(field: FormField, values: Values, fields: FormField[] = []): boolean {
  const condition = field.form.showIf
  if (!condition) return true
  const parent = fields.find((each) => each.path === condition.path)
  if (parent && parent !== field && !isShown(parent, values, fields)) return false
  const actual = getPath(values, condition.path)
  return Array.isArray(condition.equals) ? condition.equals.some((each) => sameJson(each, actual)) : sameJson(condition.equals, actual)
}

export interface FormGroup {
  name: string
  fields: FormField[]
}

/** Fields by group: known groups first in their order, then others by name. */
export function groupsOf(fields: FormField[]): FormGroup[] {
  const names = [...new Set(fields.map((field) => field.form.group))]
  const rank = (name: string) => (groupOrder.includes(name) ? groupOrder.indexOf(name) : groupOrder.length)
  names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  return names.map((name) => ({
    name,
    fields: fields
      .filter((field) => field.form.group === name)
      .sort((a, b) => Number(a.form.level === 'advanced') - Number(b.form.level === 'advanced') || a.form.order - b.form.order),
  }))
}

/** What a fold says about what is in it: the first values in words. */
export function groupSummary(group: FormGroup, values: Values, changed: (path: string) => boolean): string {
  const changes = group.fields.filter((field) => changed(field.path)).length
  const words = group.fields
    .filter((field) => !field.secret && isShown(field, values, group.fields))
    .map((field) => { const value = getPath(values, field.path); const words = inWords(value, field); return typeof value === 'number' && !field.form.unit ? `${field.title} ${words}` : words })
    .filter((text) => text !== '')
    .slice(0, 2)
    .join(', ')
  const count = changes === 0 ? '' : `${changes} changed`
  return [words, count].filter(Boolean).join(' · ')
}

/** A value as people say it: "5 GiB", "0.1 cores"; empty text for what has no short form. */
export function inWords(value: Json | undefined, field: FormField): string {
  if (value === undefined || value === null || value === '') return ''
  if (typeof value === 'boolean') return value ? field.title : ''
  if (Array.isArray(value) || isTree(value)) return ''
  const unit = unitToAsk(value, field.form.unit)
  const amount = unit ? shownIn(value, unit) : null
  if (unit && amount !== null) return `${amount} ${amount === 1 ? unit.replace(/^cores$/, 'core') : unit}`
  return String(value).replace(/^([\d.]+)(Ki|Mi|Gi|Ti)$/, '$1 $2B')
}
