/** Copies a text and says so for two seconds. */
import { useEffect, useState, type ReactElement } from 'react'
import { Icon } from './icon'

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    area.style.opacity = '0'
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

/** `text` may be fetched on the click (a secret never sent with the page). */
export function CopyButton({ text, label, icon = false }: { text: string | (() => Promise<string>); label: string; icon?: boolean }): ReactElement {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), 2000)
    return () => clearTimeout(timer)
  }, [state])
  const onClick = async () => {
    const value = typeof text === 'string' ? text : await text()
    setState((await copy(value)) ? 'copied' : 'failed')
  }
  const word = state === 'copied' ? 'Copied' : state === 'failed' ? 'Copy it by hand' : label
  return (
    <button type="button" className={icon ? 'icon-btn' : 'btn sm'} aria-label={icon ? word : undefined} title={icon ? word : undefined} onClick={() => void onClick()}>
      <Icon name={state === 'copied' ? 'check' : 'copy'} />
      {!icon && <span>{word}</span>}
      <span className="vh" role="status">{state === 'copied' ? 'Copied' : ''}</span>
    </button>
  )
}
