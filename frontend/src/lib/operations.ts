/** Facts about operations every page needs. */
import type { Operation, OperationState } from '../api/types'

const active: OperationState[] = ['queued', 'running', 'verifying', 'cancelling']

/** True while something is being done. */
export function isActive(operation: Pick<Operation, 'state'> | null | undefined): boolean {
  return operation ? active.includes(operation.state) : false
}

const doing: Record<string, string> = {
  install: 'Installing', change: 'Changing', rollback: 'Rolling back', scale: 'Scaling', uninstall: 'Uninstalling', upgrade: 'Upgrading',
  register: 'Registering', remove: 'Removing', replace_credential: 'Replacing the credential of', refresh: 'Looking at', retry: 'Trying again',
  preflight: 'Checking', plan: 'Planning',
}
const noun: Record<string, string> = {
  install: 'Install', change: 'Change', rollback: 'Rollback', scale: 'Scaling', uninstall: 'Uninstall', upgrade: 'Upgrade',
  register: 'Registration', remove: 'Removal', replace_credential: 'New credential', refresh: 'Look', retry: 'Retry', preflight: 'Check', plan: 'Plan',
}
const done: Record<string, string> = {
  install: 'installed', change: 'changed', rollback: 'rolled back', scale: 'scaled', uninstall: 'uninstalled', upgrade: 'upgraded',
  register: 'registered', remove: 'removed', replace_credential: 'given a new credential', refresh: 'looked at', retry: 'tried again',
}

/** "Installing orders-db", "orders-db was installed", "Install of orders-db failed". */
export function operationTitle(operation: Pick<Operation, 'kind' | 'state' | 'subject'>): string {
  const { kind, state, subject } = operation
  if (state === 'succeeded') return `${subject.name} was ${done[kind] ?? 'changed'}`
  if (state === 'failed') return `${noun[kind] ?? kind} of ${subject.name} failed`
  if (state === 'cancelled') return `${noun[kind] ?? kind} of ${subject.name} was cancelled`
  if (state === 'superseded') return `${noun[kind] ?? kind} of ${subject.name} gave way to a newer one`
  return `${doing[kind] ?? kind} ${subject.name}`
}
