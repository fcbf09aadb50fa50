/** The services of a stack: what each is, what it asks for with each plan, and what it is bound to. */
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Package, PackageMember } from '../../../api/types'
import { Icon } from '../../../components/icon'
import { Tile } from '../../../components/tile'
import { bytes, cores } from '../../../lib/format'

/** What a member asks for with a plan; a line ends only between two amounts, so that three plans fit beside each other. */
function asks(member: PackageMember, plan: string): string {
  const requests = member.plans.find((each) => each.plan === plan)?.requests
  if (!requests) return '–'
  const amounts = [cores(requests.cpu), bytes(requests.memory), ...(requests.storage > 0 ? [`${bytes(requests.storage)} disk`] : [])]
  return amounts.map((each) => each.replaceAll(' ', '\u00a0')).join(', ')
}

export function Members({ org, item }: { org: string; item: Package }): ReactElement {
  const titles = new Map(item.members.map((each) => [each.name, each.title]))
  return (
    <section className="card" aria-labelledby="members-head"><header><h2 id="members-head">What it installs</h2><span className="faint small">in this order, in one namespace</span></header>
      <table className="flat">
        <thead><tr><th>Service</th><th>Bound to</th>{item.plans.map((plan) => <th key={plan.name} className="right">{plan.title}</th>)}</tr></thead>
        <tbody className="num">{item.members.map((member) => (
          <tr key={member.name}>
            <td><div className="who"><Tile name={member.package} title={member.package_title} iconUrl={member.icon_url} />
              <span><Link to="/o/$org/catalogue/$package" params={{ org, package: member.package }}>{member.title}</Link><small>{member.package_title} {member.app_version}{member.optional ? ', may be left out' : ''}</small></span></div></td>
            <td data-l="Bound to">{member.bound_to.length === 0 ? <span className="faint">nothing</span> : <span className="bonds">{member.bound_to.map((each) => <span key={each} className="tag"><Icon name="link" />{titles.get(each) ?? each}</span>)}</span>}</td>
            {item.plans.map((plan) => <td key={plan.name} data-l={plan.title} className="right small"><span className="wrap">{asks(member, plan.name)}</span></td>)}
          </tr>
        ))}</tbody>
      </table>
      <p className="pad small dim">Bound means: it is given address and credentials of the other one. Nobody copies a password.</p>
    </section>
  )
}
