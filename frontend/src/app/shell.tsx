/** Side bar on a desk, bottom bar in a hand, and the top bar. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState, type ReactElement } from 'react'
import { Crumbs } from '../components/crumbs'
import { Icon, Logo, type IconName } from '../components/icon'
import { Menu, type MenuItem } from '../components/menu'
import { overviewQuery } from '../features/home/api/overview'
import { useMe, useOrg, useRole } from '../lib/session'
import { useSignOut } from '../features/auth/api/sign-out'
import { paletteKey, useKeys } from './keys'
import { providersQuery } from './providers'
import { useColorScheme } from './color-scheme'

const CommandPalette = lazy(() => import('./command-palette'))
const KeyList = lazy(() => import('./key-list'))

interface Place {
  to: '/o/$org' | '/o/$org/services' | '/o/$org/catalogue' | '/o/$org/clusters' | '/o/$org/activity'
  label: string
  icon: IconName
}
const places: Place[] = [
  { to: '/o/$org', label: 'Home', icon: 'home' },
  { to: '/o/$org/services', label: 'Services', icon: 'services' },
  { to: '/o/$org/catalogue', label: 'Catalogue', icon: 'catalogue' },
  { to: '/o/$org/clusters', label: 'Clusters', icon: 'cluster' },
  { to: '/o/$org/activity', label: 'Activity', icon: 'clock' },
]

export const initials = (text: string): string =>
  text.split(/[\s@._-]+/).filter(Boolean).slice(0, 2).map((part) => part[0]?.toUpperCase()).join('') || '?'

function useCounts(org: string): { hot: number; services: number } {
  const { data } = useQuery({ ...overviewQuery(org), enabled: org !== '' })
  return {
    hot: data?.needs_attention.length ?? 0,
    services: Object.values(data?.counts ?? {}).reduce((sum, n) => sum + n, 0),
  }
}

export function Shell(): ReactElement {
  const me = useMe()
  const org = useOrg()
  const role = useRole()
  const navigate = useNavigate()
  const signOut = useSignOut()
  const counts = useCounts(org)
  const providers = useQuery(providersQuery).data ?? []
  const { toggle } = useColorScheme()
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null)
  const queryClient = useQueryClient()
  useKeys(org, { palette: () => setOpen('palette'), keys: () => setOpen('keys') })

  const orgName = me.organizations.find((each) => each.slug === org)?.name ?? 'No organization'
  const orgItems: MenuItem[] = me.organizations.map((each) => ({
    label: each.name, selected: each.slug === org, onSelect: () => void navigate({ to: '/o/$org', params: { org: each.slug } }),
  }))
  const mine: MenuItem[] = [
    { label: 'Account and tokens', icon: 'key', onSelect: () => void navigate({ to: '/o/$org/account', params: { org } }) },
    { label: 'Keyboard', icon: 'terminal', onSelect: () => setOpen('keys') },
    { label: 'Sign out', icon: 'out', onSelect: () => signOut.mutate(undefined, { onSettled: () => { queryClient.clear(); void navigate({ to: '/sign-in' }) } }) },
  ]
  const more: MenuItem[] = [
    { label: 'Activity', icon: 'clock', onSelect: () => void navigate({ to: '/o/$org/activity', params: { org } }) },
    { label: 'Operations', icon: 'terminal', onSelect: () => void navigate({ to: '/o/$org/operations', params: { org } }) },
    ...providers.map((each): MenuItem => ({
      label: `Packages of ${each.name}`, icon: 'box', onSelect: () => void navigate({ to: '/p/$provider/packages', params: { provider: each.slug } }),
    })),
    ...(orgItems.length > 1 ? orgItems : []),
    ...mine.filter((item) => item.label !== 'Keyboard'),
  ]

  return (
    <>
      <a className="skip" href="#main">Skip to content</a>
      <div className="shell">
        <nav className="side" aria-label="Main">
          <Link className="logo" to="/"><Logo /><span className="lbl">Anywhere</span></Link>
          <Menu label="Switch organization" items={orgItems}>
            <button type="button" className="org" title="Switch organization"><span className="ava" aria-hidden="true">{initials(orgName)}</span><b className="clip">{orgName}</b><Icon name="down" /></button>
          </Menu>
          {org && places.map(({ to, label, icon }) => (
            <Link key={to} className="nav" to={to} params={{ org }} title={label} activeOptions={{ exact: to === '/o/$org' }} activeProps={{ 'aria-current': 'page' }}>
              <Icon name={icon} /><span className="lbl">{label}</span>
              {label === 'Home' && counts.hot > 0 && <span className="count hot" title={`${counts.hot} need you`}>{counts.hot}</span>}
              {label === 'Services' && counts.services > 0 && <span className="count">{counts.services}</span>}
            </Link>
          ))}
          {providers.length > 0 && <h4>Provider</h4>}
          {providers.map((each) => (
            <Link key={each.slug} className="nav" to="/p/$provider/packages" params={{ provider: each.slug }} title={`Packages of ${each.name}`} activeProps={{ 'aria-current': 'page' }}>
              <Icon name="box" /><span className="lbl">Packages</span>
            </Link>
          ))}
          <Menu label="You" items={mine}>
            <button type="button" className="me" aria-label={`You: ${me.name || me.email}${role ? `, ${role}` : ''}`}><span className="ava" aria-hidden="true">{initials(me.name || me.email)}</span><span className="lbl clip">{me.name || me.email}{role ? `, ${role}` : ''}</span></button>
          </Menu>
        </nav>
        <header className="top">
          <Crumbs />
          <button type="button" className="find" aria-label="Find or do anything" aria-keyshortcuts="Control+K Meta+K" onClick={() => setOpen('palette')}><Icon name="search" /><span>Find or do anything</span><kbd>{paletteKey()}</kbd></button>
          <button type="button" className="icon-btn" aria-label="Light or dark" onClick={toggle}><Icon name="theme" /></button>
        </header>
        <main className="main" id="main"><Outlet /></main>
      </div>
      <nav className="bottom" aria-label="Main, below">
        {org && places.slice(0, 4).map(({ to, label, icon }) => (
          <Link key={to} to={to} params={{ org }} activeOptions={{ exact: to === '/o/$org' }} activeProps={{ 'aria-current': 'page' }}><Icon name={icon} />{label}</Link>
        ))}
        <Menu label="More" items={more}><button type="button"><Icon name="dots" />More</button></Menu>
      </nav>
      <Suspense>
        {open === 'palette' && <CommandPalette org={org} onClose={() => setOpen(null)} />}
        {open === 'keys' && <KeyList onClose={() => setOpen(null)} />}
      </Suspense>
    </>
  )
}
