/** The pods of a service by component, with the node and zone each is on. */
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Service } from '../../../api/types'
import { VerdictIcon } from '../../../components/icon'
import { Middle } from '../../../components/middle'
import { QueryView, Skeleton } from '../../../components/states'
import { Ago } from '../../../components/time'
import { nodesQuery } from '../api/get-nodes'
import { objectsQuery } from '../api/get-objects'
import { nodeWords } from '../rules/nodes'
import { groups, sizeInWords, spread } from '../rules/topology'

export function TopologyCard({ service }: { service: Service }): ReactElement {
  const query = useQuery(objectsQuery(service.id))
  const { data: nodes } = useQuery({ ...nodesQuery(service.id), enabled: service.state === 'present' })
  const said = new Map(nodes?.results.map((node) => [node.name, nodeWords(node)]))
  return (
    <section className="card" aria-labelledby="nodes">
      <header><h2 id="nodes">Nodes</h2>{query.data && <span className="faint small">{spread(query.data)}</span>}
        {query.data?.observed_at && <span className="end faint small">seen <Ago at={query.data.observed_at} /></span>}</header>
      <div className="pad topo">
        <QueryView query={query} what="what runs" skeleton={<><Skeleton width="30%" /><Skeleton height="3.5rem" /></>}
          isEmpty={(objects) => objects.workloads.length === 0} empty={<p className="dim">Nothing runs. What is installed appears here as soon as the cluster shows it.</p>}>
          {(objects) => groups(objects).map((group) => (
            <div className="grp" key={group.key}>
              <h3>{group.title} <span>{group.verdict !== 'healthy' && group.reason ? group.reason : group.count}</span></h3>
              <div className="pods">
                {group.pods.map((pod) => (
                  <div className={`pod${pod.verdict === 'failed' ? ' loud' : ''}`} key={pod.name} title={`${pod.name}: ${pod.detail}`}>
                    <b><VerdictIcon verdict={pod.verdict} label={pod.word} /><Middle text={pod.name} /></b>{said.get(pod.name) && <small className="break">{said.get(pod.name)}</small>}<small>{pod.detail}</small>
                  </div>
                ))}
              </div>
            </div>
          ))}
        </QueryView>
        {query.data && query.data.claims.length > 0 && (
          <div className="grp"><h3>Volumes</h3>
            <dl className="kv">{query.data.claims.map((claim) => [<dt key={`${claim.name}-t`} className="break">{claim.name}</dt>, <dd key={`${claim.name}-d`} className="num">{sizeInWords(claim.size)}, {claim.storage_class || 'default class'}, {claim.phase.toLowerCase()}</dd>])}</dl>
          </div>
        )}
      </div>
    </section>
  )
}
