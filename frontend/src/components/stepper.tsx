/** A number changed by two buttons, over the values that are allowed. */
import type { ReactElement } from 'react'
import { Icon } from './icon'

export function Stepper({ label, value, allowed, onChange }: { label: string; value: number; allowed: number[]; onChange: (value: number) => void }): ReactElement {
  const sorted = [...allowed].sort((a, b) => a - b)
  const lower = sorted.filter((n) => n < value).at(-1)
  const higher = sorted.find((n) => n > value)
  return (
    <div className="stepper" role="group" aria-label={label}>
      <button type="button" aria-label="Fewer" disabled={lower === undefined} onClick={() => lower !== undefined && onChange(lower)}><Icon name="minus" /></button>
      <output aria-live="polite">{value}</output>
      <button type="button" aria-label="More" disabled={higher === undefined} onClick={() => higher !== undefined && onChange(higher)}><Icon name="plus" /></button>
    </div>
  )
}
