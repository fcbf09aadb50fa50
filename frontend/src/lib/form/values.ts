/** Trees of values: reading, setting, merging as Helm does, and the difference to a base. */
import type { Json, Values } from '../../api/types'

export const isTree = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a dotted path; undefined when there is none. */
export function getPath(values: Values, path: string): Json | undefined {
  let at: Json | undefined = values
  for (const key of path.split('.')) {
    if (!isTree(at)) return undefined
    at = at[key]
  }
  return at
}

/** A copy with `value` at the dotted path. */
export function setPath(values: Values, path: string, value: Json): Values {
  const [head = '', ...rest] = path.split('.')
  if (rest.length === 0) return { ...values, [head]: value }
  const below = values[head]
  return { ...values, [head]: setPath(isTree(below) ? below : {}, rest.join('.'), value) }
}

/** A copy without the dotted path; parents left empty go too. */
export function unsetPath(values: Values, path: string): Values {
  const [head = '', ...rest] = path.split('.')
  const copy = { ...values }
  const below = copy[head]
  if (rest.length === 0) delete copy[head]
  else if (isTree(below)) {
    const smaller = unsetPath(below, rest.join('.'))
    if (Object.keys(smaller).length === 0) delete copy[head]
    else copy[head] = smaller
  }
  return copy
}

/** Layers merged as Helm does: trees by key, everything else replaced, null removes. */
export function mergeValues(...layers: Values[]): Values {
  return layers.reduce<Values>((below, above) => {
    const merged: Values = { ...below }
    for (const [key, value] of Object.entries(above)) {
      const before = merged[key]
      if (value === null) delete merged[key]
      else if (isTree(value)) merged[key] = mergeValues(isTree(before) ? before : {}, value)
      else merged[key] = value
    }
    return merged
  }, {})
}

/** True when both are the same JSON, whatever the order of keys. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  if (isTree(a) && isTree(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameJson(a[key], b[key]))
  }
  return false
}

/** What of `wanted` differs from `base`, as a tree of its own; null where a key of the base is taken away. */
export function difference(base: Values, wanted: Values): Values {
  const result: Values = {}
  for (const [key, value] of Object.entries(wanted)) {
    const before = base[key]
    if (isTree(value) && isTree(before)) {
      const below = difference(before, value)
      if (Object.keys(below).length > 0) result[key] = below
    } else if (!sameJson(before, value)) result[key] = value
  }
  for (const key of Object.keys(base)) if (!(key in wanted)) result[key] = null
  return result
}

/** The user's difference with what already is so in the base left out. */
export function prune(base: Values, user: Values): Values {
  const result: Values = {}
  for (const [key, value] of Object.entries(user)) {
    const before = base[key]
    if (isTree(value)) {
      const below = prune(isTree(before) ? before : {}, value)
      if (Object.keys(below).length > 0 || (Object.keys(value).length === 0 && !isTree(before))) result[key] = Object.keys(below).length ? below : value
    } else if (value === null ? before !== undefined : !sameJson(before, value)) result[key] = value
  }
  return result
}

/** The dotted paths of everything that is not a tree. */
export function leafPaths(values: Values, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = prefix ? `${prefix}.${key}` : key
    return isTree(value) && Object.keys(value).length > 0 ? leafPaths(value, path) : [path]
  })
}
