/** Connect: addresses, credentials hidden until asked for, snippets to copy. */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState, type ReactElement } from 'react'
import type { Connection, Service } from '../../api/types'
import { CodeBlock } from '../../components/code-block'
import { CopyButton } from '../../components/copy-button'
import { Empty, QueryView, SkeletonCard } from '../../components/states'
import { useMayChange } from '../../lib/session'
import { serviceQuery } from '../../lib/subjects'
import { connectionQuery } from './api/get-connection'
import { Credentials } from './components/credentials'
import { endpointLines, snippets } from './rules/connect'

function Addresses({ connection, service }: { connection: Connection; service: Service }): ReactElement {
  return (
    <section className="card" aria-labelledby="addresses">
      <header><h2 id="addresses">Addresses</h2></header>
      <div>
        {endpointLines(connection.endpoints, service.cluster.name).map((line) => (
          <div className="end-pt" key={line.key}>
            <span className="faint">{line.title}</span><code className="break">{line.address}</code><CopyButton icon text={line.address} label={`Copy ${line.address}`} />
          </div>
        ))}
      </div>
    </section>
  )
}

function Snippets({ connection }: { connection: Connection }): ReactElement | null {
  const all = snippets(connection)
  const [chosen, setChosen] = useState<string | null>(null)
  const current = all.find((snippet) => snippet.id === chosen) ?? all[0]
  if (!current) return null
  return (
    <section className="card" aria-labelledby="use">
      <header><h2 id="use">Use it</h2><span className="faint small">the password is read from a file, never written here</span></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
        <div className="chips line" role="group" aria-label="Client">
          {all.map((snippet) => <button key={snippet.id} type="button" className="chip" aria-pressed={snippet.id === current.id} onClick={() => setChosen(snippet.id)}>{snippet.title}</button>)}
        </div>
        <CodeBlock text={current.text} label={`${current.title} example`} />
      </div>
    </section>
  )
}

function Ready({ connection, service }: { connection: Connection; service: Service }): ReactElement {
  const mayChange = useMayChange()
  const inside = connection.endpoints.some((endpoint) => endpoint.scope === 'inside')
  const outside = connection.endpoints.some((endpoint) => endpoint.scope === 'outside')
  return (
    <div className="split">
      <div className="stack" style={{ '--gap': 'var(--aw-5)' }}>
        <Addresses connection={connection} service={service} />
        {connection.credential_keys.length > 0 && (mayChange
          ? <Credentials service={service.id} keys={connection.credential_keys} open={connection.public} />
          : <section className="card"><header><h2>Credentials</h2></header><p className="pad dim">Owners and members of this organization can see them.</p></section>)}
        <Snippets connection={connection} />
      </div>
      <aside className="stack" aria-label="Help">
        {inside && !outside && (
          <section className="card"><header><h2>From your own machine</h2></header>
            <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
              <p className="dim">The address works inside {service.cluster.name}. From elsewhere, forward a port; it is open while the command runs.</p>
              {connection.port_forward && <CodeBlock text={connection.port_forward} label="the port-forward command" />}
            </div></section>
        )}
        {service.cluster.is_practice && (
          <section className="note"><div><p><b>This is a practice cluster</b></p><p className="dim">Nothing listens at these addresses; they show what a real cluster would answer.</p></div></section>
        )}
      </aside>
    </div>
  )
}

export function ConnectPage(): ReactElement | null {
  const { id } = useParams({ from: '/app/o/$org/services/$id' })
  const { data: service } = useQuery(serviceQuery(id))
  const query = useQuery(connectionQuery(id))
  if (!service) return null
  return (
    <QueryView query={query} what="how to connect" skeleton={<><SkeletonCard lines={3} /><SkeletonCard lines={6} /></>}
      isEmpty={(connection) => connection.endpoints.length === 0}
      empty={<section className="card"><Empty title="Nothing to connect to yet">Addresses and credentials appear here when the service is up.</Empty></section>}>
      {(connection) => <Ready connection={connection} service={service} />}
    </QueryView>
  )
}
