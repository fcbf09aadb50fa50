/** Secret values are answered as marks; sending one back would make the mark the value. */
import type { Json, Values } from '../../api/types'

/** Whether `value` stands for a secret that is set. */
export function isMask(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value.$secret === true
}

/** The values without any mark: left out, a secret stays as it is. */
export function withoutMasks(values: Values): Values {
  const kept: Values = {}
  for (const [key, value] of Object.entries(values)) {
    if (isMask(value)) continue
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const inner = withoutMasks(value)
      if (Object.keys(inner).length > 0 || Object.keys(value).length === 0) kept[key] = inner
    } else kept[key] = value
  }
  return kept
}

/** The same values with each mark as dots, for showing. */
export function withDots(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]): [string, Json] => {
      if (isMask(value)) return [key, '••••']
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [key, withDots(value)]
      return [key, value]
    }),
  )
}
