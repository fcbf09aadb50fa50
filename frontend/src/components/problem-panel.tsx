/** An error in three parts: what happened, why, what you can do. */
import { Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { asProblem } from '../api/client'
import { Button } from './button'
import { VerdictIcon } from './icon'
import { CopyButton } from './copy-button'
import { Icon } from './icon'
import { PageHeading } from './page'

/** `page`: the problem is all there is to see, so its title is the page's. */
export function ProblemPanel({ problem: thrown, onRetry, actions, alert = false, page = false }: { problem: unknown; onRetry?: () => void; actions?: ReactNode; alert?: boolean; page?: boolean }): ReactElement {
  const problem = asProblem(thrown)
  const missing = problem.status === 404
  const title = missing ? 'This is not here' : problem.title
  const fields = Object.entries(problem.fields)
  const support = [problem.title, problem.detail, `code ${problem.code}`, problem.operation && `operation ${problem.operation}`].filter(Boolean).join('\n')
  return (
    <section className="card problem" role={alert ? 'alert' : undefined}>
      <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
        <div className="row top-row">
          <VerdictIcon verdict={missing ? 'unknown' : 'failed'} />
          <div className="grow">
            {page ? <PageHeading title={title} /> : <h2>{title}</h2>}
            <p className="dim">{missing ? 'It was removed, or it belongs to an organization you are not in.' : problem.detail}</p>
            {fields.length > 0 && (
              <ul className="small">{fields.map(([path, messages]) => <li key={path}><code>{path}</code> {messages.join(' ')}</li>)}</ul>
            )}
          </div>
        </div>
        <div className="row">
          {actions}
          {missing && !actions && <Link className="btn" to="/">Go to Home</Link>}
          {onRetry && !missing && <Button onClick={onRetry}>Try again</Button>}
        </div>
        <details className="small">
          <summary><Icon name="right" className="chev" />Details</summary>
          <p className="dim mono break">{problem.code}{problem.operation ? ` · operation ${problem.operation}` : ''}{problem.status ? ` · ${problem.status}` : ''}</p>
          <CopyButton text={support} label="Copy for support" />
        </details>
      </div>
    </section>
  )
}
