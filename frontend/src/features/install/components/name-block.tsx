/** Name, version and namespace, checked as one types. */
import type { ReactElement } from 'react'
import type { ClusterOptions, NameCheck, Package } from '../../../api/types'
import { Icon } from '../../../components/icon'

export interface NameBlockProps {
  item: Package
  name: string
  namespace: string
  version: string
  check: NameCheck | undefined
  checking: boolean
  options: ClusterOptions | null
  errors: Record<string, string[]>
  onName: (name: string) => void
  onNamespace: (namespace: string) => void
  onVersion: (version: string) => void
}

function nameHelp({ name, check, checking }: NameBlockProps): { text: string; good: boolean } {
  if (name === '') return { text: 'A name is needed.', good: false }
  if (!check || checking) return { text: 'Checking…', good: true }
  if (!check.name.available) return { text: check.name.reason ?? 'This name is taken.', good: false }
  return { text: 'Free.', good: true }
}

export function NameBlock(props: NameBlockProps): ReactElement {
  const { item, name, namespace, version, check, options, errors } = props
  const help = nameHelp(props)
  const nameError = errors.name?.join(' ') ?? (help.good ? null : help.text)
  const spaceError = errors.namespace?.join(' ') ?? check?.namespace.reason ?? null
  const spaceHelp = check?.namespace.exists ? 'It exists already and is used as it is.' : (item.kind === 'stack' ? 'It is made for these services.' : 'It is made for this service.')
  return (
    <fieldset className="block"><legend>Name</legend>
      <p className="lead">{item.kind === 'stack' ? 'Its services are called after it.' : 'People and addresses will use it.'} It cannot be changed later.</p>
      <div className="fields">
        <div className={`field${nameError ? ' err' : ''}`}>
          <label htmlFor="service-name">{item.kind === 'stack' ? 'Stack name' : 'Service name'}</label>
          <input className="in" id="service-name" value={name} autoComplete="off" spellCheck={false} maxLength={53} aria-describedby="service-name-help" aria-invalid={Boolean(nameError) || undefined} onChange={(event) => props.onName(event.target.value.toLowerCase())} />
          <span className="help" id="service-name-help">{nameError ?? <>{help.text === 'Free.' && <Icon name="check" />} {help.text}</>}</span>
        </div>
        <div className={`field${spaceError ? ' err' : ''}`}>
          <label htmlFor="service-namespace">Namespace</label>
          <input className="in" id="service-namespace" list="namespaces" value={namespace} autoComplete="off" spellCheck={false} maxLength={63} aria-describedby="service-namespace-help" aria-invalid={Boolean(spaceError) || undefined} onChange={(event) => props.onNamespace(event.target.value.toLowerCase())} />
          <datalist id="namespaces">{(options?.namespaces ?? []).map((each) => <option key={each.name} value={each.name} />)}</datalist>
          <span className="help" id="service-namespace-help">{spaceError ?? spaceHelp}</span>
        </div>
        <div className="field">
          <label htmlFor="package-version">{item.kind === 'stack' ? 'Version of the stack' : 'Version of the package'}</label>
          <select className="in" id="package-version" value={version} onChange={(event) => props.onVersion(event.target.value)}>
            {item.versions.map((each) => <option key={each.version} value={each.version}>{each.version}{each.version === item.version ? ' (current)' : ''}{item.kind === 'stack' ? '' : ` with ${item.title} ${each.app_version}`}</option>)}
          </select>
        </div>
      </div>
    </fieldset>
  )
}
