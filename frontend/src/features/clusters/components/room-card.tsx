/** Room: what services asked for, of what the nodes offer. */
import type { ReactElement } from 'react'
import type { Cluster } from '../../../api/types'
import { Ago } from '../../../components/time'
import { largestPod, roomMeters } from '../rules/room'

export function RoomCard({ cluster }: { cluster: Cluster }): ReactElement {
  const inventory = cluster.inventory
  const stale = cluster.reachability.reachable === false
  return (
    <section className="card" aria-labelledby="room">
      <header><h2 id="room">Room</h2><span className="faint small">what services asked for, of what the nodes offer</span>
        {inventory && <span className="end faint small">{stale ? 'last seen ' : 'seen '}<Ago at={inventory.observed_at} /></span>}</header>
      <div className="pad">
        {!inventory && <p className="dim">Not known yet. The first look at the cluster fills this in.</p>}
        {inventory && roomMeters(inventory.totals).map((meter) => (
          <div className={`meter${stale ? ' faint' : ''}`} key={meter.title}>
            <span>{meter.title} <span className="dim">{meter.used}</span></span><span className="num"><b>{meter.free}</b></span>
            <span className={`bar${stale ? ' stale' : ''}`} role="img" aria-label={meter.label}><i className={meter.tight ? 'warn' : ''} style={{ '--p': `${meter.percent}%` }} /></span>
          </div>
        ))}
        {inventory && <p className="small dim gap-top">{largestPod(inventory.largest_pod)}</p>}
      </div>
    </section>
  )
}
