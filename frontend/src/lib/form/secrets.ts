/** Secret values live beside the text, never in it. */
import type { Values } from '../../api/types'
import { getPath, setPath, unsetPath } from './values'

export type SecretValues = Record<string, string>

/** The tree without its secrets, and the secrets by path. Marks of kept secrets are dropped. */
export function takeSecrets(values: Values, paths: string[]): { values: Values; secrets: SecretValues } {
  let rest = values
  const secrets: SecretValues = {}
  for (const path of paths) {
    const value = getPath(values, path)
    if (value === undefined) continue
    if (typeof value === 'string' && value !== '' && !/^•+$/.test(value)) secrets[path] = value
    rest = unsetPath(rest, path)
  }
  return { values: rest, secrets }
}

/** The tree with the secrets that were typed. */
export function withSecrets(values: Values, secrets: SecretValues): Values {
  return Object.entries(secrets).reduce((tree, [path, value]) => (value ? setPath(tree, path, value) : tree), values)
}
