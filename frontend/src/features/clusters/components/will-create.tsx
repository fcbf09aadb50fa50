/** What will be created in the cluster, before anything is. */
import type { ReactElement } from 'react'
import type { KubeconfigInspection } from '../../../api/types'
import { CodeBlock } from '../../../components/code-block'
import { Icon } from '../../../components/icon'
import { rightsByReason } from '../rules/kubeconfig'

export function WillCreate({ will, dim }: { will: NonNullable<KubeconfigInspection['will_create']>; dim: boolean }): ReactElement {
  const rights = rightsByReason(will.rules)
  return (
    <section className={`card dashed${dim ? ' dimmed' : ''}`} aria-label="What will be created there">
      <header><h3>What will be created there</h3><span className="faint small">nothing happens before you press Connect</span></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
        <ul className="ticks small">
          <li><Icon name="plus" /><span>Namespace <code>{will.namespace}</code></span></li>
          <li><Icon name="plus" /><span>Service account <code>{will.service_account}</code>, with a token that is renewed before it expires</span></li>
          <li><Icon name="plus" /><span>The rights it needs, {will.rules.length} in all</span></li>
          <li><Icon name="x" /><span>No administrator right and no agent</span></li>
        </ul>
        <details className="more"><summary><Icon name="right" className="chev" />All {will.rules.length} rights<span className="end">what each is for</span></summary>
          <div><dl className="rights small">{rights.map((group) => (
            <div key={group.why}><dt>{group.why}</dt>{group.what.map((line) => <dd key={line} className="mono break">{line}</dd>)}</div>
          ))}</dl></div></details>
        {will.manifest && <details className="more"><summary><Icon name="right" className="chev" />As a manifest<span className="end">to apply by hand or to review</span></summary>
          <div><CodeBlock text={will.manifest} label="the manifest" /></div></details>}
      </div>
    </section>
  )
}
