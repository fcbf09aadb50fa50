/** The head and tabs of a service; the tab's page is below. */
import '../../styles/ops.css'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, type ReactElement } from 'react'
import type { Service } from '../../api/types'
import { Button, ButtonLink } from '../../components/button'
import { Icon } from '../../components/icon'
import { Menu, type MenuItem } from '../../components/menu'
import { PageHead, Tabs } from '../../components/page'
import { QueryView, SkeletonCard } from '../../components/states'
import { Tile } from '../../components/tile'
import { Moment } from '../../components/time'
import { isActive, operationTitle } from '../../lib/operations'
import { useMayChange } from '../../lib/session'
import { serviceQuery } from '../../lib/subjects'
import { proceduresQuery } from './api/procedures'
import { ProcedureDialog } from './components/procedure-dialog'
import { UninstallDialog } from './components/uninstall-dialog'

const tabs = [
  { to: '/o/$org/services/$id', label: 'Overview' },
  { to: '/o/$org/services/$id/connect', label: 'Connect' },
  { to: '/o/$org/services/$id/events', label: 'Events' },
  { to: '/o/$org/services/$id/values', label: 'Values' },
  { to: '/o/$org/services/$id/history', label: 'History' },
] as const

function Acts({ service, org }: { service: Service; org: string }): ReactElement {
  const { data: procedures } = useQuery({ ...proceduresQuery(service.id), enabled: service.state === 'present' })
  const { run } = useSearch({ from: '/app/o/$org/services/$id' })
  const tab = useLocation({ select: (location) => location.pathname.split(service.id)[1] ?? '' })
  const navigate = useNavigate()
  const mayChange = useMayChange()
  const params = { org, id: service.id }
  const ask = (name: string | undefined) => void navigate({ to: '.', search: name ? { run: name } : {}, replace: name === undefined })
  const procedure = mayChange ? procedures?.results.find((one) => one.name === run) ?? null : null
  const refused = mayChange ? undefined : 'Owners and members can do this'
  const items: MenuItem[] = [
    { label: service.update ? `Upgrade to ${service.update.version}` : 'Change values or plan', icon: 'edit', disabled: refused, onSelect: () => void navigate({ to: '/o/$org/services/$id/values', params, search: { do: 'change' } }) },
    { label: 'Roll back', icon: 'restart', disabled: refused, onSelect: () => void navigate({ to: '/o/$org/services/$id/history', params }) },
    ...(procedures?.results ?? []).map((one): MenuItem => ({
      label: one.title, icon: 'play', disabled: refused ?? (isActive(service.operation) ? 'Something else is under way' : undefined), onSelect: () => ask(one.name),
    })),
    { label: 'Uninstall', icon: 'trash', danger: true, disabled: refused, onSelect: () => void navigate({ to: '/o/$org/services/$id', params, search: { do: 'uninstall' } }) },
  ]
  if (service.state === 'uninstalled') {
    return mayChange ? <ButtonLink look="main" to="/o/$org/catalogue/$package/install" params={{ org, package: service.package.name }} search={{ plan: service.plan || undefined, cluster: service.cluster.id, name: service.name, namespace: service.namespace, from: service.id }}><Icon name="plus" />Install again</ButtonLink> : <></>
  }
  return (
    <>
      {!tab.startsWith('/connect') && <ButtonLink look={tab.startsWith('/values') ? 'plain' : 'main'} to="/o/$org/services/$id/connect" params={params}><Icon name="link" />Connect</ButtonLink>}
      <Menu label="More actions" items={items}><Button>More <Icon name="down" /></Button></Menu>
      <ProcedureDialog service={service} org={org} procedure={procedure} onClose={() => ask(undefined)} />
    </>
  )
}

/** "installed", unless its install has not ended well: then it was only asked for. */
function since(service: Service): string {
  const install = service.operation?.kind === 'install' || service.operation?.kind === 'install_stack'
  return install && service.operation?.state !== 'succeeded' ? 'asked for' : 'installed'
}

function Head({ service, org }: { service: Service; org: string }): ReactElement {
  return (
    <PageHead
      title={service.name}
      crumbs={[{ label: 'Services', link: { to: '/o/$org/services', params: { org } } }]}
      tile={<Tile name={service.package.name} title={service.package.title} iconUrl={service.package.icon_url} size="lg" />}
      acts={<Acts service={service} org={org} />}
      lead={<>
        {service.package.title} on <Link to="/o/$org/clusters/$id" params={{ org, id: service.cluster.id }}>{service.cluster.name}</Link>
        {service.cluster.is_practice && <> <span className="tag">practice</span></>} · namespace <code>{service.namespace}</code> · {since(service)} <Moment at={service.created_at} />
        {service.created_by ? ` by ${service.created_by}` : ''}
        {service.stack && <> · part of <Link to="/o/$org/stacks/$id" params={{ org, id: service.stack.id }}>{service.stack.name}</Link></>}
      </>}
    />
  )
}

export function ServiceLayout(): ReactElement {
  const { org, id } = useParams({ from: '/app/o/$org/services/$id' })
  const search = useSearch({ from: '/app/o/$org/services/$id' })
  const navigate = useNavigate()
  const query = useQuery(serviceQuery(id))
  const path = useLocation({ select: (location) => location.pathname })
  const known = query.data !== undefined
  useEffect(() => {
    const show = () => document.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    show()
    window.addEventListener('resize', show)
    return () => window.removeEventListener('resize', show)
  }, [path, known])
  return (
    <QueryView page query={query} what="the service" skeleton={<><SkeletonCard lines={2} /><SkeletonCard lines={3} /><SkeletonCard lines={6} /></>}>
      {(service) => (
        <>
          <Head service={service} org={org} />
          {isActive(service.operation) && service.operation && (
            <section className="note v-progressing" role="status">
              <div className="grow"><b>{operationTitle(service.operation)}</b></div>
              <ButtonLink small to="/o/$org/operations/$id" params={{ org, id: service.operation.id }}>Watch it</ButtonLink>
            </section>
          )}
          {service.operation && (service.operation.state === 'failed' || service.operation.state === 'cancelled') && service.state === 'present' && (
            <section className={`note v-${service.operation.state === 'failed' ? 'failed' : 'suspended'}`}>
              <div className="grow"><p><b>{operationTitle(service.operation)}</b></p>{service.operation.state === 'failed' && service.operation.error && <p className="dim break">{service.operation.error.title}</p>}</div>
              <ButtonLink small to="/o/$org/operations/$id" params={{ org, id: service.operation.id }}>See what to do</ButtonLink>
            </section>
          )}
          {service.state === 'uninstalled' && (
            <section className="note v-suspended"><div><p><b>This service is uninstalled</b></p>
              <p className="dim">{service.data_kept.length > 0 ? `Its data is kept in ${service.cluster.name}, namespace ${service.namespace}: installing the same package under this name finds it again.` : 'Its data was deleted with it.'}</p></div></section>
          )}
          <Tabs label="Service">
            {tabs.map((tab) => <Link key={tab.to} to={tab.to} params={{ org, id }} activeOptions={{ exact: true, includeSearch: false }} activeProps={{ 'aria-current': 'page' }}>{tab.label}</Link>)}
          </Tabs>
          <Outlet />
          <UninstallDialog service={service} org={org} opened={search.do === 'uninstall'} onClose={() => void navigate({ to: '/o/$org/services/$id', params: { org, id }, search: {}, replace: true })} />
        </>
      )}
    </QueryView>
  )
}
