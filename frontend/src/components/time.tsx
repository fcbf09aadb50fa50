/** Times and ages that keep counting without moving anything. */
import { useSyncExternalStore, type ReactElement } from 'react'
import { age, ago, duration, fullTime, moment, secondsBetween } from '../lib/format'

let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => { now = Date.now(); listeners.forEach((each) => each()) }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) { clearInterval(timer); timer = undefined }
  }
}

/** The present, in milliseconds, once a second; one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

/** "6 min ago". */
export function Ago({ at }: { at: string }): ReactElement {
  return <time className="num" dateTime={at} title={fullTime(at)}>{ago(at, Math.max(useNow(), Date.now() - 1000))}</time>
}

/** "14:02" today, "12 Nov" this year. */
export function Moment({ at }: { at: string }): ReactElement {
  return <time className="num" dateTime={at} title={fullTime(at)}>{moment(at, useNow())}</time>
}

/** "for 6 min": how long something has been so. */
export function Since({ at, prefix = 'for' }: { at: string; prefix?: string }): ReactElement {
  return <time className="num" dateTime={at} title={fullTime(at)}>{prefix} {age(secondsBetween(at, null, Math.max(useNow(), Date.parse(at))))}</time>
}

/** "2 min 10 s" between two instants; counts while there is no end. */
export function Duration({ from, to }: { from: string; to: string | null }): ReactElement {
  return <span className="num">{duration(secondsBetween(from, to, useNow()))}</span>
}
