/** Kubernetes quantities as a number with a unit a person reads. */

const factors: Record<string, number> = { '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }
const suffixes: Record<string, string> = { KiB: 'Ki', MiB: 'Mi', GiB: 'Gi', TiB: 'Ti' }

/** The amount of "5Gi", "250m" or 2 in base units; null when it is not a quantity. */
export function quantity(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return null
  const match = /^(\d+(?:\.\d+)?|\.\d+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(value.trim())
  if (!match) return null
  return Number(match[1]) * (factors[match[2] ?? ''] ?? 1)
}

/** The number to show for a quantity in `unit`: "512Mi" in GiB is 0.5. Null when it is not one. */
export function shownIn(value: unknown, unit: string | undefined): number | null {
  const amount = quantity(value)
  if (amount === null) return null
  const factor = factors[suffixes[unit ?? ''] ?? ''] ?? 1
  return Math.round((amount / factor) * 1000) / 1000
}

/** The quantity for a number in `unit`: 5 GiB is "5Gi", 0.5 GiB "512Mi", 0.25 cores "250m". */
export function toQuantity(shown: number, unit: string | undefined): string {
  const suffix = suffixes[unit ?? '']
  if (suffix) {
    if (Number.isInteger(shown)) return `${shown}${suffix}`
    const order = ['Ki', 'Mi', 'Gi', 'Ti']
    const smaller = order[order.indexOf(suffix) - 1]
    return smaller ? `${Math.round(shown * 1024)}${smaller}` : `${Math.round(shown * 1024)}`
  }
  return Number.isInteger(shown) ? String(shown) : `${Math.round(shown * 1000)}m`
}

/** The unit to ask in: amounts that begin below 1 GiB are asked for in MiB. It follows the base value, so it stays while one types. */
export function unitToAsk(base: unknown, unit: string | undefined): string | undefined {
  const amount = quantity(base)
  return unit === 'GiB' && amount !== null && amount > 0 && amount < 2 ** 30 ? 'MiB' : unit
}
