/** What is shown when there is no page to show. */
import { Link, useMatches, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Empty } from '../components/states'
import { PageHead } from '../components/page'
import { ProblemPanel } from '../components/problem-panel'

export function NotFound(): ReactElement {
  const inShell = useMatches({ select: (matches) => matches.some((match) => match.routeId === '/app') })
  const page = <PageHead title="There is no page at this address" lead="It may have moved, or the address has a typing error." acts={<Link to="/" className="btn main-act">Go to Home</Link>} />
  return inShell ? page : <main className="main" id="main">{page}</main>
}

export function PageCrash({ error, reset }: ErrorComponentProps): ReactElement {
  const router = useRouter()
  return <ProblemPanel problem={error} page onRetry={() => { reset(); void router.invalidate() }} />
}

export function NoOrganization(): ReactElement {
  return (
    <Empty title="You are not in an organization yet">
      Services and clusters belong to an organization. Ask an owner of one to add you by your email address.
    </Empty>
  )
}
