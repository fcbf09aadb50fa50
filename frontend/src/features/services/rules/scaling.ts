/** The sizes a component may have, one step at a time, with the reason when a step is not allowed. */
import type { Scaling } from '../../../api/types'

/** Every size the package allows, smallest first. */
export function sizes(part: Pick<Scaling, 'minimum' | 'maximum' | 'allowed'>): number[] {
  if (part.allowed && part.allowed.length > 0) return [...part.allowed].sort((a, b) => a - b)
  return Array.from({ length: Math.max(0, (part.maximum ?? Math.max(part.minimum, 100)) - part.minimum + 1) }, (_, index) => part.minimum + index)
}

/** The sizes that may be chosen from the present one; the present one is always among them. */
export function choices(part: Scaling): number[] {
  return sizes(part).filter((n) => n === part.replicas || (n < part.replicas ? part.in !== 'refused' : part.out !== 'refused'))
}

/** Why the stepper ends where it does with `wanted` chosen; empty when it can go both ways. */
export function limitSentence(part: Scaling, wanted: number = part.replicas): string {
  const all = choices(part)
  const down = all.some((n) => n < wanted)
  const up = all.some((n) => n > wanted)
  if (down && up) return ''
  if (!down && part.in === 'refused' && sizes(part).some((n) => n < wanted)) {
    return part.reason || 'The package cannot be made smaller.'
  }
  if (!up && part.out === 'refused' && sizes(part).some((n) => n > wanted)) {
    return part.reason || 'The package cannot be made larger.'
  }
  const last = sizes(part).at(-1) ?? part.replicas
  return up ? '' : `The package allows at most ${last}.`
}
