/** A number changed by two buttons, over the values that are allowed. */
import type { ReactElement } from 'react'
import { Icon } from './icon'

export function Stepper({ label, value, allowed, onChange }: { label: string; value: number; allowed: number[]; onChange: (value: number) => void }): ReactElement {
  const sorted = [...allowed].sort((a, b) => a - b)
  const lower = sorted.filter((n) => n < value).at(-1)
  const higher = sorted.find((n) => n > value)
  const step = (to: number | undefined) => (to === undefined || Math.abs(to - value) === 1 ? 'One' : String(Math.abs(to - value)))
  return (
    <div className="stepper" role="group" aria-label={label}>
      <button type="button" aria-label={`${step(lower)} fewer`} disabled={lower === undefined} onClick={() => lower !== undefined && onChange(lower)}><Icon name="minus" /></button>
      <output aria-live="polite">{value}</output>
      <button type="button" aria-label={`${step(higher)} more`} disabled={higher === undefined} onClick={() => higher !== undefined && onChange(higher)}><Icon name="plus" /></button>
    </div>
  )
}
