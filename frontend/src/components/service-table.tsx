/** Services as a table on a desk and as cards in a hand. */
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Service, VerdictName } from '../api/types'
import { isActive, operationTitle } from '../lib/operations'
import { Since } from './time'
import { Tile } from './tile'
import { Verdict, verdictOrder } from './verdict'

/** Of an uninstalled service nothing is seen any more, and that is as it should be. */
const verdictOf = (service: Service): VerdictName => (service.state === 'uninstalled' ? 'suspended' : service.health.verdict)

/** Worst first, then by name. */
export function worstFirst(services: Service[]): Service[] {
  return [...services].sort((a, b) =>
    verdictOrder.indexOf(verdictOf(a)) - verdictOrder.indexOf(verdictOf(b)) || a.name.localeCompare(b.name))
}

function Reason({ service }: { service: Service }): ReactElement | null {
  const { health, operation } = service
  if (isActive(operation) && operation) return <>{operationTitle(operation)}</>
  if (service.state === 'uninstalled') return <>Uninstalled: nothing of it runs.</>
  if (health.stale) return <>not seen lately{health.reason ? `; ${health.reason}` : ''}</>
  if (health.verdict === 'healthy' && health.since) return <Since at={health.since} />
  return health.reason ? <>{health.reason}</> : null
}

function replicas(service: Service): string {
  const numbers = Object.values(service.desired.replicas)
  return numbers.length ? String(numbers.reduce((sum, n) => sum + n, 0)) : '—'
}

export function ServiceTable({ org, services }: { org: string; services: Service[] }): ReactElement {
  return (
    <table className="flat tight">
      <thead><tr><th>Service</th><th>Health</th><th>Cluster</th><th>Version</th><th>Plan</th><th className="right">Replicas</th></tr></thead>
      <tbody>
        {services.map((service) => (
          <tr key={service.id}>
            <td>
              <div className="who">
                <Tile name={service.package.name} title={service.package.title} iconUrl={service.package.icon_url} />
                <span><Link to="/o/$org/services/$id" params={{ org, id: service.id }}>{service.name}</Link><small>{service.package.title}{service.stack && <> · in <Link to="/o/$org/stacks/$id" params={{ org, id: service.stack.id }}>{service.stack.name}</Link></>}</small></span>
              </div>
            </td>
            <td><Verdict verdict={verdictOf(service)} /><div className="small dim"><Reason service={service} /></div></td>
            <td data-l="Cluster">{service.cluster.name}{service.cluster.is_practice && <> <span className="tag">practice</span></>}</td>
            <td data-l="Version" className="num">{service.server_version || service.version}{service.server_version && <small className="dim block-line">package {service.version}</small>}{service.update && <> <span className="tag brand">package {service.update.version} is there</span></>}</td>
            <td data-l="Plan">{service.plan}</td>
            <td data-l="Replicas" className="right num">{replicas(service)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
