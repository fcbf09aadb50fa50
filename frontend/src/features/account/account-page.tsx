/** You, your API tokens, and the people of the organization. */
import type { ReactElement } from 'react'
import { PageHead } from '../../components/page'
import { useMe, useOrg, useRole } from '../../lib/session'
import { PeopleCard } from './components/people-card'
import { TokensCard } from './components/tokens-card'
import { YouCard } from './components/you-card'

export function AccountPage(): ReactElement {
  const org = useOrg()
  const me = useMe()
  const role = useRole()
  const name = me.organizations.find((each) => each.slug === org)?.name ?? org
  return (
    <>
      <PageHead title="Account and tokens" lead={role ? `You are ${role} of ${name}.` : undefined} />
      <YouCard />
      <TokensCard />
      <PeopleCard org={org} />
    </>
  )
}
