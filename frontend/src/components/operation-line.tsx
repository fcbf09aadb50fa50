/** One operation as a line of a timeline. */
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { Operation } from '../api/types'
import { operationTitle } from '../lib/operations'
import { VerdictIcon } from './icon'
import { Moment } from './time'
import { operationVerdict } from './verdict'

/** Put it into `<ol className="time">`. */
export function OperationLine({ org, operation }: { org: string; operation: Operation }): ReactElement {
  return (
    <li>
      <Moment at={operation.finished_at ?? operation.started_at ?? operation.created_at} />
      <VerdictIcon verdict={operationVerdict(operation.state)} label={operation.state} />
      <div>
        <Link to="/o/$org/operations/$id" params={{ org, id: operation.id }}>{operationTitle(operation)}</Link>{' '}
        <span className="dim">{operation.state === 'failed' && operation.error ? operation.error.title : ''}{operation.requested_by ? ` ${operation.state === 'failed' ? '· ' : ''}by ${operation.requested_by}` : ''}</span>
      </div>
    </li>
  )
}
