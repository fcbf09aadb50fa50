/** The nodes of a cluster with what is asked of each. */
import type { ReactElement } from 'react'
import type { ClusterInventory } from '../../../api/types'
import { Verdict } from '../../../components/verdict'
import { nodeShares } from '../rules/room'

function Share({ title, percent, stale }: { title: string; percent: number; stale: boolean }): ReactElement {
  return <span className={`bar${stale ? ' stale' : ''}`} role="img" aria-label={`${title}: ${percent} % asked for`}><i className={percent >= 80 ? 'warn' : ''} style={{ '--p': `${percent}%` }} /></span>
}

export function NodesCard({ inventory, stale }: { inventory: ClusterInventory; stale: boolean }): ReactElement {
  return (
    <section className="card" aria-labelledby="nodes">
      <header><h2 id="nodes">Nodes</h2><span className="faint small">{inventory.nodes.length}</span></header>
      <table className="num flat">
        <thead><tr><th>Node</th><th>State</th><th>Zone</th><th className="w-share">CPU</th><th className="w-share">Memory</th></tr></thead>
        <tbody>{inventory.nodes.map((node) => {
          const shares = nodeShares(node)
          return (
            <tr key={node.name}>
              <td>{node.name}{node.roles.length > 0 && <span className="small faint block-line">{node.roles.join(', ')}</span>}</td>
              <td><Verdict verdict={stale ? 'unknown' : node.ready ? 'healthy' : 'failed'}>{stale ? (node.ready ? 'Was ready' : 'Was not ready') : node.ready ? 'Ready' : 'Not ready'}</Verdict></td>
              <td data-l="Zone">{node.zone || '–'}</td>
              <td data-l="CPU">{shares ? <Share title="CPU" percent={shares.cpu} stale={stale} /> : <span className="faint">not seen</span>}</td>
              <td data-l="Memory">{shares ? <Share title="Memory" percent={shares.memory} stale={stale} /> : <span className="faint">not seen</span>}</td>
            </tr>
          )
        })}</tbody>
      </table>
    </section>
  )
}
