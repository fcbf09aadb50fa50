/** Find or do anything: pages, actions, services, clusters and packages by name. */
import { useQuery } from '@tanstack/react-query'
import { useLocation, useNavigate, type LinkProps } from '@tanstack/react-router'
import { useDebouncedValue } from '@mantine/hooks'
import { Modal } from '@mantine/core'
import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { useState, type KeyboardEvent, type ReactElement } from 'react'
import { api } from '../api/client'
import type { Cluster, PackageList, Page, Service, Stack } from '../api/types'
import { Icon, type IconName } from '../components/icon'
import { proceduresQuery } from '../features/services/api/procedures'
import { useGiveBack } from '../lib/give-back'
import { isActive } from '../lib/operations'
import { useMayChange } from '../lib/session'
import { serviceQuery } from '../lib/subjects'
import { useColorScheme } from './color-scheme'

interface Command {
  id: string
  label: string
  hint: string
  icon: IconName
  link?: Pick<LinkProps, 'to' | 'params' | 'search'>
  run?: () => void
}

/** Commands whose label holds every word of the text, in the order given. */
export function matching<T extends { label: string; hint: string }>(commands: T[], text: string): T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return commands.filter(({ label, hint }) => words.every((word) => `${label} ${hint}`.toLowerCase().includes(word)))
}

/** "install kafka": the name is what the portal is asked for. */
const verbs = /^(install|connect to|connect|open)\s+/i

function useFound(org: string, text: string): Command[] {
  const [q] = useDebouncedValue(text.trim().replace(verbs, ''), 150)
  const enabled = q.length > 1 && org !== ''
  const services = useQuery({
    queryKey: ['palette', org, 'services', q], enabled,
    queryFn: ({ signal }) => api.get<Page<Service>>(`organizations/${org}/services/`, { query: { q, limit: 6 }, signal }),
  })
  const stacks = useQuery({
    queryKey: ['palette', org, 'stacks', q], enabled,
    queryFn: ({ signal }) => api.get<Page<Stack>>(`organizations/${org}/stacks/`, { query: { q, limit: 4 }, signal }),
  })
  const clusters = useQuery({
    queryKey: ['palette', org, 'clusters', q], enabled,
    queryFn: ({ signal }) => api.get<Page<Cluster>>(`organizations/${org}/clusters/`, { query: { q, limit: 4 }, signal }),
  })
  const packages = useQuery({
    queryKey: ['palette', 'packages', q], enabled,
    queryFn: ({ signal }) => api.get<PackageList>('catalog/packages/', { query: { q, limit: 5 }, signal }),
  })
  if (!enabled) return []
  return [
    ...(services.data?.results ?? []).map((each): Command => ({ id: each.id, label: each.name, hint: `${each.package.title} on ${each.cluster.name}`, icon: 'services', link: { to: '/o/$org/services/$id', params: { org, id: each.id } } })),
    ...(services.data?.results ?? []).slice(0, 2).map((each): Command => ({ id: `${each.id}-connect`, label: `Connect to ${each.name}`, hint: 'Addresses and credentials', icon: 'key', link: { to: '/o/$org/services/$id/connect', params: { org, id: each.id } } })),
    ...(stacks.data?.results ?? []).map((each): Command => ({ id: each.id, label: each.name, hint: `${each.package.title} on ${each.cluster.name}`, icon: 'services', link: { to: '/o/$org/stacks/$id', params: { org, id: each.id } } })),
    ...(clusters.data?.results ?? []).map((each): Command => ({ id: each.id, label: each.name, hint: each.is_practice ? 'Practice cluster' : 'Cluster', icon: 'cluster', link: { to: '/o/$org/clusters/$id', params: { org, id: each.id } } })),
    ...(packages.data?.results ?? []).map((each): Command => ({ id: `install-${each.name}`, label: `Install ${each.title}`, hint: each.summary, icon: 'plus', link: { to: '/o/$org/catalogue/$package/install', params: { org, package: each.name } } })),
  ]
}

/** What the package of the service on the page offers to do with it. */
function useProcedures(org: string): Command[] {
  const id = useLocation({ select: ({ pathname }) => /^\/o\/[^/]+\/services\/([^/]+)/.exec(pathname)?.[1] ?? '' })
  const mayChange = useMayChange()
  const { data: service } = useQuery({ ...serviceQuery(id), enabled: false })
  const possible = mayChange && service?.state === 'present' && !isActive(service.operation)
  const { data } = useQuery({ ...proceduresQuery(id), enabled: Boolean(possible) })
  if (!possible) return []
  return (data?.results ?? []).map((one): Command => ({ id: `run-${one.name}`, label: one.title, hint: `${service.name}: ${one.summary}`, icon: 'play', link: { to: '/o/$org/services/$id', params: { org, id }, search: { run: one.name } } }))
}

export default function CommandPalette({ org, onClose }: { org: string; onClose: () => void }): ReactElement {
  const navigate = useNavigate()
  const { toggle } = useColorScheme()
  useGiveBack(true)
  const [text, setText] = useState('')
  const [selected, setSelected] = useState(0)
  const place = (label: string, hint: string, icon: IconName, to: LinkProps['to']): Command => ({ id: label, label, hint, icon, link: { to, params: { org } } as Command['link'] })
  const fixed: Command[] = [
    place('Install a service', 'Catalogue', 'plus', '/o/$org/catalogue'),
    place('Register a cluster', 'Clusters', 'cluster', '/o/$org/clusters/new'),
    place('Home', 'Go to', 'home', '/o/$org'),
    place('Services', 'Go to', 'services', '/o/$org/services'),
    place('Catalogue', 'Go to', 'catalogue', '/o/$org/catalogue'),
    place('Clusters', 'Go to', 'cluster', '/o/$org/clusters'),
    place('Operations', 'Go to', 'terminal', '/o/$org/operations'),
    place('Activity', 'Go to', 'clock', '/o/$org/activity'),
    place('Account and tokens', 'Go to', 'key', '/o/$org/account'),
    { id: 'theme', label: 'Switch light or dark', hint: 'Theme', icon: 'theme', run: toggle },
  ]
  const found = [...useFound(org, text), ...matching([...useProcedures(org), ...fixed], text)]
  const index = Math.min(selected, Math.max(0, found.length - 1))

  const choose = (command: Command | undefined) => {
    if (!command) return
    onClose()
    if (command.run) command.run()
    else if (command.link) void navigate(command.link as Parameters<typeof navigate>[0])
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setSelected(Math.min(index + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setSelected(Math.max(index - 1, 0))
    else if (event.key === 'Enter') choose(found[index])
    else return
    event.preventDefault()
  }

  return (
    <Modal opened onClose={onClose} withCloseButton={false} size="36rem" yOffset="12vh" padding={0} title="Find or do anything" classNames={{ header: 'palette-head' }}>
      <label className="search palette-search"><Icon name="search" /><span className="vh">Find or do anything</span>
        <input autoFocus data-autofocus value={text} placeholder="A service, a cluster, a package, a page" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={found[index] ? `palette-${index}` : undefined}
          onChange={(event) => { setText(event.target.value); setSelected(0) }} onKeyDown={onKeyDown} />
      </label>
      <ul id="palette-list" role="listbox" aria-label="Results" className="palette">
        {found.map((command, i) => (
          <li key={command.id} id={`palette-${i}`} role="option" aria-selected={i === index} onMouseMove={() => setSelected(i)} onClick={() => choose(command)}>
            <Icon name={command.icon} /><span className="clip">{command.label}</span><span className="faint small clip">{command.hint}</span>
          </li>
        ))}
        {found.length === 0 && <li className="dim">Nothing matches <b>{text}</b>.</li>}
      </ul>
    </Modal>
  )
}
