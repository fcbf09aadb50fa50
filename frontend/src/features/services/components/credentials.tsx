/** Credentials: what is no secret is shown; dots for the others until asked for, shown for 30 s, copied without showing. */
import { useEffect, useState, type ReactElement } from 'react'
import { Button } from '../../../components/button'
import { CopyButton } from '../../../components/copy-button'
import { Icon } from '../../../components/icon'
import { ProblemPanel } from '../../../components/problem-panel'
import { revealCredentials } from '../api/reveal-credentials'
import { credentialOrder, credentialTitle } from '../rules/connect'

const shownFor = 30_000

export function Credentials({ service, keys, open }: { service: string; keys: string[]; open: Record<string, string> }): ReactElement {
  const [shown, setShown] = useState<Record<string, string> | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  useEffect(() => {
    if (!shown) return
    const timer = setTimeout(() => setShown(null), shownFor)
    return () => clearTimeout(timer)
  }, [shown])

  const show = async () => {
    setBusy(true)
    setProblem(null)
    try {
      setShown(await revealCredentials(service))
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  const copy = (key: string) => async () => {
    if (open[key] !== undefined) return open[key]
    try {
      const credentials = shown ?? (await revealCredentials(service))
      return credentials[key] ?? ''
    } catch (error) {
      setProblem(error)
      return ''
    }
  }
  return (
    <section className="card" aria-labelledby="credentials">
      <header><h2 id="credentials">Credentials</h2><span className="faint small">{shown ? 'hidden again after 30 s' : 'looking at them is written to the activity'}</span>
        <span className="end">{shown
          ? <Button small onClick={() => setShown(null)}>Hide</Button>
          : <Button small busy={busy} onClick={() => void show()}><Icon name="eye" />Show</Button>}</span></header>
      <div>
        {credentialOrder(keys).map((key) => (
          <div className="end-pt" key={key}>
            <span className="faint">{credentialTitle(key)}</span>
            {open[key] !== undefined ? <code className="break">{open[key]}</code> : shown ? <code className="break" data-secret>{shown[key] ?? 'not set'}</code> : <code aria-label="hidden">••••••••••••</code>}
            <CopyButton icon text={copy(key)} label={`Copy ${credentialTitle(key).replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`} />
          </div>
        ))}
      </div>
      {problem ? <div className="pad"><ProblemPanel problem={problem} alert onRetry={() => void show()} /></div> : null}
    </section>
  )
}
