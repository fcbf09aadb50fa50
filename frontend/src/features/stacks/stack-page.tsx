/** A stack: three facts, its services, what each is bound to. */
import '../../styles/ops.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Stack, StackMember } from '../../api/types'
import { Button, ButtonLink } from '../../components/button'
import { Icon } from '../../components/icon'
import { PageHead } from '../../components/page'
import { QueryView, SkeletonCard } from '../../components/states'
import { Tile } from '../../components/tile'
import { Moment } from '../../components/time'
import { Verdict } from '../../components/verdict'
import { doingSentence, isActive, operationTitle } from '../../lib/operations'
import { useMayChange } from '../../lib/session'
import { stackQuery } from '../../lib/subjects'
import { UninstallDialog } from './components/uninstall-dialog'
import { absence, askedFor, boundTo, seen } from './rules/stack'

function Notes({ stack, org }: { stack: Stack; org: string }): ReactElement | null {
  const { operation } = stack
  if (stack.state === 'uninstalled') {
    return <section className="note v-suspended"><div><p><b>This stack is uninstalled</b></p><p className="dim">Data that was kept is found again when the same stack is installed under this name.</p></div></section>
  }
  if (!operation || operation.state === 'succeeded' || operation.state === 'superseded') return null
  const link = (label: string) => <ButtonLink small to="/o/$org/operations/$id" params={{ org, id: operation.id }}>{label}</ButtonLink>
  if (isActive(operation)) return <section className="note v-progressing" role="status"><div className="grow"><b>{operationTitle(operation)}</b></div>{link('Watch it')}</section>
  return (
    <section className={`note v-${operation.state === 'failed' ? 'failed' : 'suspended'}`}>
      <div className="grow"><p><b>{operationTitle(operation)}</b></p>{operation.error && <p className="dim break">{operation.error.title}</p>}</div>
      {link('See what to do')}
    </section>
  )
}

function Facts({ stack }: { stack: Stack }): ReactElement {
  const view = seen(stack)
  return (
    <section className="facts" aria-label="What is asked, what we do, what we see">
      <div><h2>You asked for</h2><p className="big">{askedFor(stack)}</p><p className="small dim">{stack.package.title} {stack.version}</p></div>
      <div><h2>We are doing</h2><p className="big">{isActive(stack.operation) && stack.operation ? doingSentence(stack.operation) : 'Nothing'}</p></div>
      <div className={`seen v-${view.verdict}`}><h2>We see</h2><p className="big" role="status"><Verdict verdict={view.verdict} /></p><p className="small break">{view.text}</p></div>
    </section>
  )
}

function Row({ stack, member, org }: { stack: Stack; member: StackMember; org: string }): ReactElement {
  const bound = boundTo(stack, member)
  const name = member.state === 'planned' ? <span>{member.name}</span> : <Link to="/o/$org/services/$id" params={{ org, id: member.id }}>{member.name}</Link>
  return (
    <tr>
      <td><div className="who"><Tile name={member.package.name} title={member.package.title} iconUrl={member.package.icon_url} /><span>{name}<small>{member.title}</small></span></div></td>
      <td>{member.state === 'present' ? <Verdict verdict={member.verdict} /> : <span className="dim">{absence(member)}</span>}
        {member.state === 'present' && member.reason && member.verdict !== 'healthy' && <div className="small dim break">{member.reason}</div>}</td>
      <td data-l="Bound to">{bound.length === 0 ? <span className="faint">nothing</span> : <span className="bonds">{bound.map((each) => <span key={each.id} className="tag"><Icon name="link" />{each.title}{each.gone && ' (gone)'}</span>)}</span>}</td>
      <td data-l="Plan">{member.plan || '–'}</td>
    </tr>
  )
}

function Ready({ stack, org }: { stack: Stack; org: string }): ReactElement {
  const search = useSearch({ from: '/app/o/$org/stacks/$id' })
  const navigate = useNavigate()
  const mayChange = useMayChange()
  const go = (open: boolean) => void navigate({ to: '/o/$org/stacks/$id', params: { org, id: stack.id }, search: open ? { do: 'uninstall' } : {}, replace: !open })
  const again = <ButtonLink look="main" to="/o/$org/catalogue/$package/install" params={{ org, package: stack.package.name }} search={{ plan: stack.plan || undefined, cluster: stack.cluster.id, name: stack.name, namespace: stack.namespace, from: stack.id }}><Icon name="plus" />Install again</ButtonLink>
  return (
    <>
      <PageHead
        title={stack.name}
        crumbs={[{ label: 'Services', link: { to: '/o/$org/services', params: { org } } }]}
        tile={<Tile name={stack.package.name} title={stack.package.title} iconUrl={stack.package.icon_url} size="lg" />}
        acts={mayChange && (stack.state === 'uninstalled' ? again : <Button look="danger" onClick={() => go(true)}><Icon name="trash" />Uninstall all of it</Button>)}
        lead={<>
          {stack.package.title} on <Link to="/o/$org/clusters/$id" params={{ org, id: stack.cluster.id }}>{stack.cluster.name}</Link>
          {stack.cluster.is_practice && <> <span className="tag">practice</span></>} · namespace <code>{stack.namespace}</code> · installed <Moment at={stack.created_at} />
          {stack.created_by ? ` by ${stack.created_by}` : ''}
        </>}
      />
      <Notes stack={stack} org={org} />
      <Facts stack={stack} />
      <section className="card" aria-labelledby="members-head">
        <header><h2 id="members-head">Services</h2><span className="faint small">each is changed, scaled and upgraded by itself</span></header>
        {stack.members.length === 0
          ? <p className="pad dim">It has no services.</p>
          : (
            <table className="flat">
              <thead><tr><th>Service</th><th>Health</th><th>Bound to</th><th>Plan</th></tr></thead>
              <tbody>{stack.members.map((member) => <Row key={member.member} stack={stack} member={member} org={org} />)}</tbody>
            </table>
          )}
      </section>
      <UninstallDialog stack={stack} org={org} opened={search.do === 'uninstall' && stack.state === 'present'} onClose={() => go(false)} />
    </>
  )
}

export function StackPage(): ReactElement {
  const { org, id } = useParams({ from: '/app/o/$org/stacks/$id' })
  const query = useQuery(stackQuery(id))
  return (
    <QueryView page query={query} what="the stack" skeleton={<><SkeletonCard lines={2} /><SkeletonCard lines={3} /><SkeletonCard lines={6} /></>}>
      {(stack) => <Ready stack={stack} org={org} />}
    </QueryView>
  )
}
