/** Server-sent events over fetch, so a lost line resumes with Last-Event-ID. */
import { useEffect, useRef, useState } from 'react'

export interface ServerEvent {
  id: string | null
  event: string
  data: string
}

/** Splits a stream into events: feed text chunks, get the events they complete. */
export function createEventParser(): (chunk: string) => ServerEvent[] {
  let buffer = ''
  let current: ServerEvent = { id: null, event: 'message', data: '' }
  let hasData = false
  return (chunk) => {
    buffer += chunk
    const done: ServerEvent[] = []
    let match: RegExpExecArray | null
    // A "\r" at the very end may be half of "\r\n": wait for the rest.
    while ((match = /\r\n|\n|\r(?!$)/.exec(buffer))) {
      const line = buffer.slice(0, match.index)
      buffer = buffer.slice(match.index + match[0].length)
      if (line === '') {
        if (hasData) done.push(current)
        current = { id: current.id, event: 'message', data: '' }
        hasData = false
        continue
      }
      if (line.startsWith(':')) continue
      const colon = line.indexOf(':')
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
      if (field === 'data') {
        current.data = hasData ? `${current.data}\n${value}` : value
        hasData = true
      } else if (field === 'event') current.event = value
      else if (field === 'id') current.id = value
    }
    return done
  }
}

export type LineState = 'connecting' | 'live' | 'lost' | 'ended'

export interface EventStreamOptions {
  enabled?: boolean
  /** Where to go on from, such as the last event already shown. */
  lastEventId?: string | null
  /** Events of this name end the stream for good. */
  endsWith?: string
  onEvent: (event: ServerEvent) => void
  /** Called when the line is back after it was lost: fetch once, then live. */
  onReconnect?: () => void
}

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
  })

/** Listens to `url` while enabled; answers whether the line is live. `lost` is said after 10 s without a line. */
export function useEventStream(url: string, options: EventStreamOptions): LineState {
  const { enabled = true, lastEventId = null, endsWith = 'done' } = options
  const [state, setState] = useState<LineState>('connecting')
  const latest = useRef(options)
  latest.current = options
  const startId = useRef(lastEventId)
  if (startId.current === null) startId.current = lastEventId

  useEffect(() => {
    if (!enabled) return
    const abort = new AbortController()
    let lastId = startId.current
    let lostSince: number | null = null
    let lostTimer: ReturnType<typeof setTimeout> | undefined

    const markLost = () => {
      if (lostSince !== null) return
      lostSince = Date.now()
      lostTimer = setTimeout(() => setState('lost'), 10_000)
    }
    const markLive = () => {
      clearTimeout(lostTimer)
      if (lostSince !== null) latest.current.onReconnect?.()
      lostSince = null
      setState('live')
    }

    const run = async () => {
      for (let attempt = 0; !abort.signal.aborted; attempt += 1) {
        try {
          const headers: Record<string, string> = { Accept: 'text/event-stream' }
          if (lastId) headers['Last-Event-ID'] = lastId
          const response = await fetch(url, { headers, credentials: 'same-origin', signal: abort.signal })
          if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
          markLive()
          attempt = 0
          const parse = createEventParser()
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
          for (;;) {
            const { done, value } = await reader.read()
            if (done) break
            for (const event of parse(value)) {
              if (event.id) lastId = event.id
              latest.current.onEvent(event)
              if (event.event === endsWith) {
                setState('ended')
                abort.abort()
                return
              }
            }
          }
        } catch {
          if (abort.signal.aborted) return
        }
        markLost()
        await wait(Math.min(500 * 2 ** attempt, 8000), abort.signal)
      }
    }
    setState('connecting')
    void run()
    return () => { clearTimeout(lostTimer); abort.abort() }
  }, [url, enabled, endsWith])

  return state
}
