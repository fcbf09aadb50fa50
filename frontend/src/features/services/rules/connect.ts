/** What the Connect page shows: endpoints in words, snippets in order, the keys that hide. */
import type { Connection, Endpoint } from '../../../api/types'

export interface EndpointLine {
  key: string
  title: string
  address: string
}
export interface Snippet {
  id: string
  title: string
  language: string
  text: string
}

/** "Address, inside prod-eu" with "host:port"; the name only where there is more than one of a scope. */
export function endpointLines(endpoints: Endpoint[], cluster: string): EndpointLine[] {
  return endpoints.map((endpoint) => {
    const alone = endpoints.filter((other) => other.scope === endpoint.scope).length === 1
    const where = endpoint.scope === 'inside' ? `inside ${cluster}` : 'from outside'
    return {
      key: `${endpoint.name}/${endpoint.scope}/${endpoint.host}/${endpoint.port}`,
      title: alone ? `Address, ${where}` : `${endpoint.name}, ${where}`,
      address: endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`,
    }
  })
}

/** The package's snippets, then the port-forward: the one that works from this machine. */
export function snippets(connection: Pick<Connection, 'snippets' | 'port_forward'>): Snippet[] {
  const own = connection.snippets.filter((snippet) => snippet.text.trim() !== '')
  if (!connection.port_forward || own.some((snippet) => snippet.id === 'port-forward')) return own
  return [...own, { id: 'port-forward', title: 'Port-forward', language: 'shell', text: connection.port_forward }]
}

const spoken: Record<string, string> = {
  username: 'User', password: 'Password', uri: 'Connection string', database: 'Database', host: 'Host', port: 'Port',
  'ca.crt': 'Certificate', jdbc_uri: 'JDBC address', 'jdbc-url': 'JDBC address',
}

/** The word for a credential's key: "Password", "Connection string". */
export function credentialTitle(key: string): string {
  const known = spoken[key]
  if (known) return known
  const words = key.replace(/[_.-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** User names first, secrets after: the order people type them. What only machines read (type, provider) is left out. */
export function credentialOrder(keys: string[]): string[] {
  const first = ['username', 'user', 'password', 'database', 'uri', 'jdbc-url', 'host', 'port']
  const place = (key: string) => (first.includes(key) ? first.indexOf(key) : first.length)
  return keys.filter((key) => key !== 'type' && key !== 'provider').sort((a, b) => place(a) - place(b) || a.localeCompare(b))
}
