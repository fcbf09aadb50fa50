/** For providers: each package's installs by version, their health, and why operations failed. */
import '../../styles/ops.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { apiUrl } from '../../api/client'
import type { ProviderPackage } from '../../api/types'
import { VerdictIcon } from '../../components/icon'
import { PageHead } from '../../components/page'
import { Empty, QueryView, SkeletonCard } from '../../components/states'
import { Tile } from '../../components/tile'
import { Ago } from '../../components/time'
import { Verdict, verdictWords } from '../../components/verdict'
import { count } from '../../lib/format'
import { useMe } from '../../lib/session'
import { providerPackagesQuery } from './api/provider-packages'
import { healthCounts, healthyShare, versionBars } from './rules/adoption'

function Versions({ entry }: { entry: ProviderPackage }): ReactElement {
  return (
    <div className="vbars num">
      {versionBars(entry).map((bar) => [
        <b key={`${bar.version}-n`}>{bar.version}</b>,
        <span key={`${bar.version}-b`} className="bar" role="img" aria-label={`${bar.version}: ${count(bar.installs, 'install')}, ${bar.healthy} healthy`}><i style={{ '--p': `${bar.percent}%` }} /></span>,
        <span key={`${bar.version}-c`}>{bar.installs}</span>,
      ])}
    </div>
  )
}

function Failures({ entry, org }: { entry: ProviderPackage; org: string | undefined }): ReactElement {
  if (entry.failed_operations.length === 0) return <p className="in-pad dim">No operation on this package failed.</p>
  return (
    <>
      {entry.failed_operations.map((failure) => (
        <div className="act" key={failure.cause_code}>
          <VerdictIcon verdict="failed" label="Failed" />
          <div><b>{failure.title}</b> <span className="faint small">· {count(failure.count, 'operation')}, last <Ago at={failure.last_at} /></span>
            <p><code className="faint">{failure.cause_code}</code></p></div>
          <div className="fix">{org && (failure.examples ?? []).slice(0, 3).map((id, index) => <Link key={id} className="small" to="/o/$org/operations/$id" params={{ org, id }}>Example {index + 1}</Link>)}</div>
        </div>
      ))}
    </>
  )
}

function PackageSection({ entry, org }: { entry: ProviderPackage; org: string | undefined }): ReactElement {
  const share = healthyShare(entry)
  return (
    <section className="card" aria-labelledby={`p-${entry.package.name}`}>
      <header><Tile name={entry.package.name} title={entry.package.title} iconUrl={entry.package.icon_url ?? apiUrl(`catalog/packages/${entry.package.name}/icon/`)} /><h2 id={`p-${entry.package.name}`}>{entry.package.title}</h2><span className="faint small">{count(entry.installs, 'install')}</span></header>
      {entry.installs === 0 && entry.failed_operations.length === 0
        ? <p className="pad dim">Nobody has installed it yet.</p>
        : (
          <div className="split provider-split">
            <div><h3>Failed operations, by cause</h3><Failures entry={entry} org={org} /></div>
            <div className="in-pad stack">
              {share && <div className="row baseline"><span className="big-num">{share.percent} %</span><span className="dim">healthy, {share.text}</span></div>}
              <div className="tally small">{healthCounts(entry).map(({ verdict, count: n }) => <Verdict key={verdict} verdict={verdict}>{n} {verdictWords[verdict].toLowerCase()}</Verdict>)}</div>
              {entry.versions.length > 0 && <><h3>Installs by version</h3><Versions entry={entry} /></>}
            </div>
          </div>
        )}
    </section>
  )
}

export function PackagesPage(): ReactElement {
  const { provider } = useParams({ from: '/app/p/$provider/packages' })
  const org = useMe().organizations[0]?.slug
  const query = useQuery(providerPackagesQuery(provider))
  const total = query.data?.reduce((sum, entry) => sum + entry.installs, 0)
  return (
    <>
      <PageHead title="Packages" lead={total === undefined ? 'What you publish and how it does.' : `${count(query.data?.length ?? 0, 'package')}, ${count(total, 'install')}. Whose they are is not shown.`} />
      <QueryView query={query} what="the packages" skeleton={<><SkeletonCard lines={5} /><SkeletonCard lines={5} /></>} isEmpty={(list) => list.length === 0}
        empty={<section className="card"><Empty title="Nothing published yet">A package you publish appears here with its installs, their health and what went wrong.</Empty></section>}>
        {(list) => <>{list.map((entry) => <PackageSection key={entry.package.name} entry={entry} org={org} />)}</>}
      </QueryView>
    </>
  )
}
