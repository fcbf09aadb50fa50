/** Words for numbers and times. */

const day = 86_400

/** "41 s", "6 min", "1 h 5 min", "3 days": a length of time in the largest fitting units. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) {
    const rest = s % 60
    return s < 600 && rest ? `${Math.floor(s / 60)} min ${rest} s` : `${Math.floor(s / 60)} min`
  }
  if (s < day) {
    const minutes = Math.floor((s % 3600) / 60)
    return minutes && s < 6 * 3600 ? `${Math.floor(s / 3600)} h ${minutes} min` : `${Math.floor(s / 3600)} h`
  }
  const days = Math.floor(s / day)
  return days === 1 ? '1 day' : `${days} days`
}

/** Seconds between two instants; until now when `to` is missing. */
export function secondsBetween(from: string, to: string | null, now: number): number {
  return ((to ? Date.parse(to) : now) - Date.parse(from)) / 1000
}

/** "just now", "6 min ago", "3 days ago", then a date after 7 days. */
export function ago(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000
  if (seconds < 10) return 'just now'
  if (seconds > 7 * day) return moment(at, now)
  return `${age(seconds)} ago`
}

/** One unit only: "6 min", "3 h", "2 days". */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min`
  if (s < day) return `${Math.floor(s / 3600)} h`
  const days = Math.floor(s / day)
  return days === 1 ? '1 day' : `${days} days`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => String(n).padStart(2, '0')

/** Today "14:02", this year "12 Nov", else "12 Nov 2025". */
export function moment(at: string, now: number): string {
  const date = new Date(at)
  const today = new Date(now)
  if (date.toDateString() === today.toDateString()) return `${two(date.getHours())}:${two(date.getMinutes())}`
  const text = `${date.getDate()} ${months[date.getMonth()]}`
  return date.getFullYear() === today.getFullYear() ? text : `${text} ${date.getFullYear()}`
}

/** "14:02:09", for logs. */
export function clock(at: string): string {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** The whole instant with its zone, for hovering. */
export function fullTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })
}

/** "512 MiB", "7.8 GiB": binary units. Never rounded up. */
export function bytes(amount: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = amount
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  const shown = value >= 100 || Number.isInteger(value) ? Math.floor(value) : Math.floor(value * 10) / 10
  return `${shown} ${units[unit]}`
}

/** "0.25 cores", "1 core", "12.5 cores". */
export function cores(amount: number): string {
  const shown = amount < 1 ? Math.round(amount * 1000) / 1000 : Math.floor(amount * 10) / 10
  return `${shown} ${shown === 1 ? 'core' : 'cores'}`
}

/** What a plan asks for, amount by amount; "–" when nobody knows, or when nothing stands and all of it comes for a run. */
export function amounts(requests: { cpu: number; memory: number; storage: number } | null): { cpu: string; memory: string; disk: string } {
  if (!requests || (requests.cpu === 0 && requests.memory === 0)) return { cpu: '–', memory: '–', disk: '–' }
  return { cpu: cores(requests.cpu), memory: bytes(requests.memory), disk: requests.storage > 0 ? bytes(requests.storage) : 'none' }
}

/** "1 pod", "3 pods". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

/** "a", "a and b", "a, b and c"; or with another last word. */
export function listed(names: string[], last: 'and' | 'or' = 'and'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`
}
