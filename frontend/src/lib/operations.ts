/** What an operation is called, by its kind and state. */
import type { Operation, OperationState, Step } from '../api/types'

/** What an operation is called by. */
export type Named = Pick<Operation, 'kind'> & Partial<Pick<Operation, 'summary'>>
interface Verb {
  doing: string
  done: string
  undone: string
  noun: string
}
const verbs: Record<string, Verb> = {
  install: { doing: 'Installing', done: 'is installed', undone: 'was not installed', noun: 'Install' },
  change: { doing: 'Changing', done: 'is changed', undone: 'was not changed', noun: 'Change' },
  rollback: { doing: 'Rolling back', done: 'is rolled back', undone: 'was not rolled back', noun: 'Roll back' },
  scale: { doing: 'Scaling', done: 'is scaled', undone: 'was not scaled', noun: 'Scale' },
  install_stack: { doing: 'Installing', done: 'is installed', undone: 'was not installed', noun: 'Install' },
  uninstall_stack: { doing: 'Uninstalling', done: 'is uninstalled', undone: 'was not uninstalled', noun: 'Uninstall' },
  uninstall: { doing: 'Uninstalling', done: 'is uninstalled', undone: 'was not uninstalled', noun: 'Uninstall' },
  register: { doing: 'Connecting', done: 'is connected', undone: 'was not connected', noun: 'Connect' },
  remove: { doing: 'Removing', done: 'is removed', undone: 'was not removed', noun: 'Remove' },
  refresh: { doing: 'Checking', done: 'is checked', undone: 'could not be checked', noun: 'Check' },
  replace_credential: {
    doing: 'Replacing the credential of', done: 'has a new credential', undone: 'kept its old credential', noun: 'Replace credential',
  },
  retry: { doing: 'Applying again', done: 'is applied again', undone: 'was not applied again', noun: 'Try again' },
  procedure: { doing: 'Running a procedure of', done: 'has run its procedure', undone: 'did not finish its procedure', noun: 'Procedure' },
  publish: { doing: 'Publishing', done: 'is published', undone: 'was not published', noun: 'Publish' },
  preflight: { doing: 'Checking clusters for', done: 'is checked', undone: 'was not checked', noun: 'Check clusters' },
  plan: { doing: 'Planning', done: 'is planned', undone: 'was not planned', noun: 'Plan' },
}

function verb(kind: string): Verb {
  const plain = kind.replaceAll('_', ' ')
  const noun = plain.charAt(0).toUpperCase() + plain.slice(1)
  return verbs[kind] ?? { doing: `${noun}:`, done: `: ${plain} is done`, undone: `: ${plain} was not done`, noun }
}

/** "Install", "Roll back": the kind as the button that starts it says it. */
export function kindWord(kind: string): string {
  return verb(kind).noun
}

/** "Scale", or the name of the procedure: what an operation is called on a line of its own. */
export function operationWord(operation: Named): string {
  return words(operation).noun
}

/** What a procedure is called by its package: it is named, not told by its kind. */
function procedure(title: string): Verb {
  const named = `“${title}”`
  return { doing: `Running ${named} of`, done: `has run ${named}`, undone: `did not finish ${named}`, noun: title }
}

function words(operation: Named): Verb {
  return operation.kind === 'procedure' && operation.summary ? procedure(operation.summary) : verb(operation.kind)
}

/** "Installing orders-db", "orders-db is installed", "orders-db was not installed". */
export function operationTitle(operation: Named & Pick<Operation, 'state' | 'subject'>): string {
  const said = words(operation)
  const name = operation.subject.name || 'the request'
  const after = (tail: string) => (tail.startsWith(':') ? `${name}${tail}` : `${name} ${tail}`)
  switch (operation.state) {
    case 'succeeded':
      return after(said.done)
    case 'failed':
    case 'cancelled':
      return after(said.undone)
    case 'superseded':
      return `${said.noun} of ${name} was replaced by a newer wish`
    case 'cancelling':
      return `Stopping: ${said.doing.charAt(0).toLowerCase()}${said.doing.slice(1)} ${name}`
    default:
      return `${said.doing} ${name}`
  }
}

const final: OperationState[] = ['succeeded', 'failed', 'cancelled', 'superseded']

/** Whether nothing more will happen in this operation. */
export function isFinal(state: OperationState): boolean {
  return final.includes(state)
}

/** Whether it is being carried out or waits to be. */
export function isActive(operation: Pick<Operation, 'state'> | null | undefined): boolean {
  return operation ? !isFinal(operation.state) : false
}

/** The step people look at: the running one, else the failed one, else the last one done. */
export function currentStep(steps: Step[]): { step: Step; position: number } | null {
  const byState = (state: Step['state']) => steps.findIndex((step) => step.state === state)
  const lastDone = steps.reduce((last, step, index) => (step.state === 'done' ? index : last), -1)
  const index = [byState('running'), byState('failed'), byState('cancelled'), lastDone].find((i) => i >= 0) ?? -1
  const step = steps[index]
  return step ? { step, position: index + 1 } : null
}

const ended: Partial<Record<OperationState, string>> = {
  succeeded: 'Done', failed: 'Failed', cancelled: 'Stopped', superseded: 'Replaced by a newer wish',
}

/** "Step 4 of 6: start and wait", or the state in words. */
export function doingSentence(operation: Pick<Operation, 'state' | 'steps'>): string {
  if (operation.state === 'queued') return 'Waiting for its turn'
  if (operation.state === 'verifying') return 'Making sure what happened'
  if (operation.state === 'cancelling') return 'Stopping'
  if (operation.state === 'running') {
    const current = currentStep(operation.steps)
    if (!current) return 'Starting'
    return `Step ${current.position} of ${operation.steps.length}: ${current.step.title.charAt(0).toLowerCase()}${current.step.title.slice(1)}`
  }
  return ended[operation.state] ?? ''
}

const owners = {
  yours: 'A value you chose is the cause. Change it and try again.',
  cluster: 'The cluster is the cause: room, rights or storage. Whoever runs it can help.',
  package: 'The package stopped it. When its words above do not help, its provider can.',
  ours: 'The cause is on our side. Your service is left as it was.',
}

/** Who can fix it, as one sentence. */
export function whoseSentence(whose: string): string {
  return owners[whose as keyof typeof owners] ?? ''
}
