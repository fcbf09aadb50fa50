/** The log: follows the end only while the reader is at the end, else counts what is new. */
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react'
import type { OperationEvent } from '../../../api/types'
import { Button } from '../../../components/button'
import { Icon } from '../../../components/icon'
import { clock, fullTime } from '../../../lib/format'
import { logLines, logText, stepWord } from '../rules/live'

const levels: Record<string, string> = { warning: 'warn', error: 'bad' }

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

export function Log({ events, live, fileName }: { events: OperationEvent[]; live: boolean; fileName: string }): ReactElement {
  const [plain, setPlain] = useState(true)
  const [atEnd, setAtEnd] = useState(true)
  const [read, setRead] = useState(0)
  const box = useRef<HTMLDivElement>(null)
  const lines = useMemo(() => logLines(events, plain), [events, plain])
  const waiting = atEnd ? 0 : Math.max(0, lines.length - read)

  useEffect(() => {
    if (!atEnd || !box.current) return
    box.current.scrollTop = box.current.scrollHeight
    setRead(lines.length)
  }, [lines.length, atEnd])

  const onScroll = () => {
    const el = box.current
    if (!el) return
    const end = el.scrollHeight - el.scrollTop - el.clientHeight < 24
    if (!end && atEnd) setRead(lines.length)
    setAtEnd(end)
  }
  const note = `${lines.length} ${lines.length === 1 ? 'line' : 'lines'}${live && atEnd ? ', follows the end' : ''}`
  return (
    <details className="card" open>
      <summary className="pad"><Icon name="right" className="chev" /><h2>Log</h2><span className="faint small">{note}</span></summary>
      <div className="row apart pad" style={{ paddingTop: 0 }}>
        <div className="chips" role="group" aria-label="What the log shows">
          <button type="button" className="chip" aria-pressed={plain} onClick={() => setPlain(true)}>Plain</button>
          <button type="button" className="chip" aria-pressed={!plain} onClick={() => setPlain(false)}>Everything</button>
        </div>
        <div className="row">
          {waiting > 0 && <Button small onClick={() => setAtEnd(true)}>{waiting} new {waiting === 1 ? 'line' : 'lines'}</Button>}
          <button type="button" className="icon-btn" aria-label="Download the log" onClick={() => download(fileName, logText(events))}><Icon name="down-load" /></button>
        </div>
      </div>
      <div ref={box} className="log log-box" role="log" aria-live="off" aria-label="Log" tabIndex={0} onScroll={onScroll}>
        {lines.length === 0 && <p className="faint">Nothing is written yet.</p>}
        {lines.map((event) => (
          <div key={event.seq} className={levels[event.level] ?? ''}>
            <time dateTime={event.at} title={fullTime(event.at)}>{clock(event.at)}</time>
            <span>{stepWord(event.step)}</span>
            <span>{event.message}</span>
          </div>
        ))}
      </div>
    </details>
  )
}
