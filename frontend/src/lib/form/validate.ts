/** Values checked against the package's schema, without eval; messages by dotted path in plain words. */
import { Validator, type OutputUnit } from '@cfworker/json-schema'
import type { Values } from '../../api/types'
import { patternSentence } from './pattern'
import { resolveRef, type Schema } from './fields'

export type FieldErrors = Record<string, string[]>

const quiet = new Set(['properties', 'items', 'prefixItems', '$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', 'additionalProperties', 'patternProperties'])
const pointer = (text: string) => text.replace(/^#\/?/, '').split('/').filter(Boolean).map((part) => decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~'))

function schemaAt(root: Schema, path: string[]): Schema {
  let at: Schema = root
  for (const key of path) {
    const node = resolveRef(at, root)
    const properties = node.properties as Record<string, Schema> | undefined
    const extra = typeof node.additionalProperties === 'object' ? (node.additionalProperties as Schema) : undefined
    const next = properties?.[key] ?? (node.items as Schema | undefined) ?? extra
    if (!next) return {}
    at = next
  }
  return resolveRef(at, root)
}

const typeWords: Record<string, string> = { string: 'text', integer: 'a whole number', number: 'a number', boolean: 'true or false', array: 'a list', object: 'a group of values' }

const amounts: Record<string, string> = { GiB: '10Gi', cores: '500m' }
const noAmount = (schema: Schema) => {
  const unit = (schema['x-form'] as { unit?: string } | undefined)?.unit ?? ''
  return `This is not an amount. Write one above 0 with its unit, such as ${amounts[unit] ?? '10Gi'}.`
}
const isQuantity = (schema: Schema) => (schema['x-form'] as { widget?: string } | undefined)?.widget === 'quantity'

function message(unit: OutputUnit, schema: Schema): string {
  const own = schema['x-message']
  switch (unit.keyword) {
    case 'type': {
      const wanted = [schema.type].flat().map((each) => typeWords[String(each)] ?? String(each))
      return `This has to be ${wanted.join(' or ')}.`
    }
    case 'enum': return `Choose one of ${(schema.enum as unknown[] | undefined)?.map(String).join(', ') ?? 'the allowed values'}.`
    case 'const': {
      // What stands in `else` says in words what a value has to be, where a pattern would say nothing to a person.
      const words = unit.keywordLocation.endsWith('/else/const') ? (schema.else as Schema | undefined)?.const : undefined
      if (words !== undefined && isQuantity(schema)) return `This has to be ${String(words)}; 0 is not enough.`
      return `This has to be ${String(words ?? schema.const)}.`
    }
    case 'minimum': return `The smallest possible value is ${String(schema.minimum)}.`
    case 'exclusiveMinimum': return `This has to be more than ${String(schema.exclusiveMinimum)}.`
    case 'maximum': return `The largest possible value is ${String(schema.maximum)}.`
    case 'exclusiveMaximum': return `This has to be less than ${String(schema.exclusiveMaximum)}.`
    case 'multipleOf': return `This goes in steps of ${String(schema.multipleOf)}.`
    case 'minLength': return schema.minLength === 1 ? 'A value is needed.' : `At least ${String(schema.minLength)} characters are needed.`
    case 'maxLength': return `At most ${String(schema.maxLength)} characters are possible.`
    case 'minItems': return `At least ${String(schema.minItems)} are needed.`
    case 'maxItems': return `At most ${String(schema.maxItems)} are possible.`
    case 'uniqueItems': return 'Each may be there once only.'
    case 'pattern':
      if (isQuantity(schema)) return noAmount(schema)
      if (typeof own === 'string') return own
      return patternSentence(String(schema.pattern)) || ['This has another form than the package expects.', schema.description].filter(Boolean).join(' ')
    case 'not': return 'This value cannot be used here.'
    case 'propertyNames': {
      const words = ((schema.propertyNames as Schema | undefined)?.else as Schema | undefined)?.const
      return typeof words === 'string' ? `Each name has to be ${words}.` : 'One of the names has another form than the package expects.'
    }
    case 'false': return 'The package does not know this value.'
    default: return unit.error
  }
}

/** Every violation by dotted path; empty when the values are fine. */
export function validateValues(schema: Schema, values: Values): FieldErrors {
  const errors: FieldErrors = {}
  const add = (path: string[], text: string) => {
    const key = path.join('.')
    if (!errors[key]?.includes(text)) errors[key] = [...(errors[key] ?? []), text]
  }
  const result = new Validator(schema as ConstructorParameters<typeof Validator>[0], '7', false).validate(values)
  for (const unit of result.errors) {
    // What is wrong with a name is said once, of the group that it stands in.
    if (quiet.has(unit.keyword) || unit.keywordLocation.includes('/propertyNames/')) continue
    const path = pointer(unit.instanceLocation)
    if (unit.keyword === 'required') {
      const missing = /required property "([^"]+)"/.exec(unit.error)?.[1]
      add(missing ? [...path, missing] : path, 'A value is needed.')
    } else add(path, message(unit, schemaAt(schema, path)))
  }
  if (!result.valid && Object.keys(errors).length === 0) add([], 'These values do not fit together as the package expects.')
  return errors
}

/** "Entry 1, weight": where in a field something is. */
function within(rest: string): string {
  const words = rest.split('.').map((key) => (/^\d+$/.test(key) ? `entry ${Number(key) + 1}` : key)).join(', ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What is wrong at the path and with what lies below it, such as an entry of a list. */
export function errorsAt(errors: FieldErrors, path: string): string[] {
  return Object.entries(errors).flatMap(([at, messages]) => {
    if (at === path) return messages
    return at.startsWith(`${path}.`) ? messages.map((text) => `${within(at.slice(path.length + 1))}: ${text}`) : []
  })
}
