/** The services a stack will be: how each is called, what it is bound to, and which may be left out. */
import type { ReactElement } from 'react'
import type { Package } from '../../../api/types'
import { Tile } from '../../../components/tile'
import { bytes, cores } from '../../../lib/format'

export function MembersBlock({ item, name, plan, without, onWithout }: { item: Package; name: string; plan: string; without: string[]; onWithout: (members: string[]) => void }): ReactElement {
  const titles = new Map(item.members.map((each) => [each.name, each.title]))
  const toggle = (member: string) => onWithout(without.includes(member) ? without.filter((each) => each !== member) : [...without, member])
  return (
    <fieldset className="block"><legend>Services</legend>
      <p className="lead">Installed in this order. Each is a service of its own: it can be changed and scaled by itself later.</p>
      <ul className="plain-list members">
        {item.members.map((member) => {
          const left = without.includes(member.name)
          const bound = member.bound_to.filter((each) => !without.includes(each)).map((each) => titles.get(each) ?? each)
          const asks = member.plans.find((each) => each.plan === plan)?.requests
          return (
            <li key={member.name} className={left ? 'faint' : undefined}>
              <Tile name={member.package} title={member.package_title} iconUrl={member.icon_url} />
              <span className="grow break"><b>{name ? `${name}-${member.name}` : member.title}</b> <span className="dim">{member.package_title} {member.app_version}</span>
                <span className="small dim said">{left ? 'Left out.' : [asks ? `${cores(asks.cpu)}, ${bytes(asks.memory)} memory${asks.storage > 0 ? `, ${bytes(asks.storage)} disk` : ''}` : '', bound.length ? `bound to ${bound.join(', ')}` : ''].filter(Boolean).join('; ')}</span>
              </span>
              {member.optional && <label className="small"><input type="checkbox" aria-label={`Install ${member.title}`} checked={!left} onChange={() => toggle(member.name)} /> Install</label>}
            </li>
          )
        })}
      </ul>
    </fieldset>
  )
}
