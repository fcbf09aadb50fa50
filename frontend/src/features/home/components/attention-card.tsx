/** What needs a person: what, where, since when, the consequence, and the button that fixes it. At most five at once. */
import { useRouter } from '@tanstack/react-router'
import { useState, type MouseEvent, type ReactElement } from 'react'
import type { Attention } from '../../../api/types'
import { Button } from '../../../components/button'
import { VerdictIcon } from '../../../components/icon'
import { Since } from '../../../components/time'
import { verdictWords } from '../../../components/verdict'
import { attentionVerdict } from '../rules/attention'

function Line({ item }: { item: Attention }): ReactElement {
  const router = useRouter()
  const verdict = attentionVerdict(item.kind)
  const go = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey) return
    event.preventDefault()
    router.history.push(item.action.href)
  }
  const place = [item.service?.name, item.cluster && `on ${item.cluster.name}`].filter((part) => part && !item.title.includes(part.replace(/^on /, ''))).join(' ')
  return (
    <div className="act">
      <VerdictIcon verdict={verdict} label={verdictWords[verdict]} />
      <div>
        <b><a href={item.action.href} onClick={go}>{item.title}</a></b>{' '}
        <span className="faint small">{place && `· ${place} `}{item.since && <>· <Since at={item.since} /></>}</span>
        {item.detail && <p className="break">{item.detail}</p>}
      </div>
      <div className="fix"><a className="btn sm" href={item.action.href} onClick={go}>{item.action.label}</a></div>
    </div>
  )
}

export function AttentionCard({ items }: { items: Attention[] }): ReactElement {
  const [all, setAll] = useState(false)
  const shown = all ? items : items.slice(0, 5)
  return (
    <section className="card" aria-labelledby="need-head">
      <header><h2 id="need-head">Needs you</h2><span className="faint small">worst first</span></header>
      {shown.map((item, i) => <Line key={`${item.kind}-${item.operation ?? item.service?.id ?? item.cluster?.id ?? i}`} item={item} />)}
      {items.length > shown.length && <div className="act"><span /><Button look="quiet" small onClick={() => setAll(true)}>Show {items.length - shown.length} more</Button></div>}
    </section>
  )
}
