/** A package: what you get, plans side by side, what it creates, what it needs. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Package } from '../../api/types'
import { ButtonLink } from '../../components/button'
import { CopyButton } from '../../components/copy-button'
import { Icon } from '../../components/icon'
import { PageHead } from '../../components/page'
import { QueryView, Skeleton, SkeletonCard } from '../../components/states'
import { Moment } from '../../components/time'
import { Tile } from '../../components/tile'
import { amounts, count } from '../../lib/format'
import { packageQuery } from '../../lib/packages'
import { useMayChange, useOrg } from '../../lib/session'
import { FitCard } from './components/fit-card'
import { Members } from './components/members'
import { needsOf } from './rules/needs'

function PackageSkeleton(): ReactElement {
  return <div className="stack"><Skeleton width="14rem" height="2rem" /><div className="split"><SkeletonCard lines={8} /><SkeletonCard lines={4} /></div></div>
}

/** The read me with its headings below the section's `h2`, and what may scroll within reach of the keyboard. */
function below(html: string): string {
  const levels = [...html.matchAll(/<h([1-6])[\s>]/g)].map((found) => Number(found[1]))
  const lower = 3 - Math.min(...levels, 3)
  return html
    .replace(/<(\/?)h([1-6])(?=[\s>])/g, (_, slash: string, level: string) => `<${slash}h${Math.min(6, Number(level) + lower)}`)
    .replace(/<(pre|table)(?=[\s>])/g, '<$1 tabindex="0"')
}

export function PackagePage(): ReactElement {
  const org = useOrg()
  const { package: name } = useParams({ from: '/app/o/$org/catalogue/$package' })
  const query = useQuery(packageQuery(name))
  return <QueryView page query={query} what={name} skeleton={<PackageSkeleton />}>{(item) => <Ready org={org} item={item} />}</QueryView>
}

function Plans({ item }: { item: Package }): ReactElement {
  return (
    <section className="card"><header><h2>Plans</h2><span className="faint small">You can move to a bigger plan later.</span></header>
      <table className="flat">
        <thead><tr><th>Plan</th><th>For</th><th className="right">CPU</th><th className="right">Memory</th><th className="right">Disk</th></tr></thead>
        <tbody className="num">{item.plans.map((plan) => (
          <tr key={plan.name}>
            <td><b>{plan.title}</b> {plan.recommended && <span className="tag brand">usual choice</span>}</td>
            <td data-m="For">{plan.summary}</td>
            <td data-l="CPU" className="right">{amounts(plan.requests).cpu}</td>
            <td data-l="Memory" className="right">{amounts(plan.requests).memory}</td>
            <td data-l="Disk" className="right">{amounts(plan.requests).disk}</td>
          </tr>
        ))}</tbody>
      </table>
    </section>
  )
}

function Versions({ item }: { item: Package }): ReactElement {
  return (
    <section className="card"><header><h2>Versions</h2></header>
      <table className="flat">
        <thead><tr><th>{item.kind === 'stack' ? 'Stack' : 'Package'}</th>{item.kind === 'package' && <th>{item.title}</th>}<th>Published</th><th>Digest</th></tr></thead>
        <tbody className="num">{item.versions.map((each) => (
          <tr key={each.version}>
            <td><b>{each.version}</b> {each.version === item.version && <span className="tag brand">current</span>}</td>
            {item.kind === 'package' && <td data-l={item.title}>{each.app_version}</td>}
            <td data-l="Published"><Moment at={each.published_at} /></td>
            <td data-l="Digest" className="mono"><span className="row nowrap-row"><span title={each.digest}>{each.digest.slice(0, 19)}…</span><CopyButton icon text={each.digest} label={`Copy the digest of ${each.version}`} /></span></td>
          </tr>
        ))}</tbody>
      </table>
    </section>
  )
}

function Ready({ org, item }: { org: string; item: Package }): ReactElement {
  const mayChange = useMayChange()
  const current = item.versions.find((each) => each.version === item.version)
  return (
    <>
      <PageHead
        title={item.title} lead={item.summary} crumbs={[{ label: 'Catalogue', link: { to: '/o/$org/catalogue', params: { org } } }]}
        tile={<Tile name={item.name} title={item.title} iconUrl={item.icon_url} category={item.category} size="lg" />}
        acts={mayChange
          ? <ButtonLink look="main" to="/o/$org/catalogue/$package/install" params={{ org, package: item.name }}>Install {item.title}</ButtonLink>
          : <span className="small dim">An owner or member of the organization can install it.</span>}
      >
        <div className="row small dim"><span>{item.provider.name}</span><span>·</span><span>{item.kind === 'stack' ? `Stack of ${count(item.members.length, 'service')}` : `${item.title} ${current?.app_version}`}</span>{item.license && <><span>·</span><span>{item.license}</span></>}</div>
      </PageHead>
      <div className="split">
        <div className="stack" style={{ '--gap': 'var(--aw-5)' }}>
          {item.kind === 'stack' ? <Members org={org} item={item} /> : <section className="card"><header><h2>What it creates in your cluster</h2></header>
            <div className="pad"><ul className="ticks">{item.creates.map((each) => <li key={each}><Icon name="check" /><span>{each}</span></li>)}</ul></div>
          </section>}
          <Plans item={item} />
          <Versions item={item} />
        </div>
        <aside className="stack sticky" aria-label="Where it fits and what it needs">
          <FitCard org={org} item={item} />
          {item.kind === 'package' && <section className="card"><header><h2>What it needs</h2></header><div className="pad"><dl className="kv">{needsOf(item.requires).map((need) => [<dt key={need.name}>{need.name}</dt>, <dd key={`${need.name}v`}>{need.value}</dd>])}</dl></div></section>}
          <section className="card"><header><h2>Provider</h2></header><div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
            <p><b>{item.provider.name}</b>{item.maintainer && item.maintainer !== item.provider.name && <><br /><span className="dim small">Looked after by {item.maintainer}</span></>}</p>
            {item.links.length > 0 && <ul className="links">{item.links.map((each) => <li key={each.url}><a href={each.url} target="_blank" rel="noreferrer noopener">{each.title}<Icon name="external" label="opens in a new window" /></a></li>)}</ul>}
          </div></section>
          {item.kind === 'package' && <p className="small"><Link to="/o/$org/services" params={{ org }} search={{ q: item.name }}>Services of this package</Link></p>}
        </aside>
      </div>
      {item.readme_html && <section className="card"><header><h2>Read me</h2></header><div className="pad prose" dangerouslySetInnerHTML={{ __html: below(item.readme_html) }} /></section>}
    </>
  )
}
