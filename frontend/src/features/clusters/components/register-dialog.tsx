/** Connect a cluster: by kubeconfig, after showing what will be created; or practise. */
import { useState, type FormEvent, type ReactElement } from 'react'
import { asProblem, newIdempotencyKey } from '../../../api/client'
import { Button } from '../../../components/button'
import { Dialog } from '../../../components/dialog'
import { Icon } from '../../../components/icon'
import { ProblemPanel } from '../../../components/problem-panel'
import { useFollow } from '../../../lib/follow'
import { useSession } from '../../../lib/session'
import { useStartPractice } from '../../../lib/start-practice'
import { useInspection } from '../api/inspect-kubeconfig'
import { useRegisterCluster } from '../api/register-cluster'
import { suggestName } from '../rules/kubeconfig'
import { KubeconfigField, previewOf } from './kubeconfig-field'
import { WillCreate } from './will-create'

const namePattern = /^[A-Za-z0-9]([A-Za-z0-9._ -]{0,61}[A-Za-z0-9])?$/

export function RegisterDialog({ org, onClose }: { org: string; onClose: () => void }): ReactElement {
  const { features } = useSession()
  const follow = useFollow(org)
  const [how, setHow] = useState<'kubeconfig' | 'practice'>('kubeconfig')
  const [kubeconfig, setKubeconfig] = useState('')
  const [context, setContext] = useState<string | null>(null)
  const [typedName, setTypedName] = useState<string | null>(null)
  const [namespace, setNamespace] = useState('')
  const [insecure, setInsecure] = useState(false)
  const [checked, setChecked] = useState(false)
  const [key, setKey] = useState(newIdempotencyKey)
  const inspection = useInspection(org, { kubeconfig, context, namespace: namespace.trim(), insecure })
  const register = useRegisterCluster(org)
  const practice = useStartPractice(org)
  const answer = inspection.kind === 'read' ? inspection.answer : inspection.kind === 'reading' ? inspection.before : null
  const preview = previewOf(inspection, context)
  const name = typedName ?? (answer ? suggestName(answer, context) : '')
  const changed = () => { setKey(newIdempotencyKey()); register.reset() }

  const problem = register.error ? asProblem(register.error) : null
  const fields = problem?.fields ?? {}
  const nameError = fields.name?.join(' ') ?? (checked && !namePattern.test(name) ? 'Use 1 to 63 letters, digits, dots, dashes, underscores or spaces, with a letter or digit at both ends.' : undefined)
  const mayBeInsecure = features.insecure_tls && (insecure || (inspection.kind === 'refused' && inspection.problem.code === 'kubeconfig.insecure_tls_not_allowed'))
  const ready = how === 'practice' || (inspection.kind === 'read' && preview?.canConnect === true)

  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (how === 'practice') {
      follow(practice.mutateAsync(typedName?.trim() || undefined))
      return
    }
    if (!namePattern.test(name)) {
      document.getElementById('cluster-name')?.focus()
      return
    }
    if (!ready) return
    const body = {
      name, kubeconfig, ...(context ? { context } : {}), ...(namespace.trim() ? { namespace: namespace.trim() } : {}), ...(insecure ? { allow_insecure_tls: true } : {}),
    }
    follow(register.mutateAsync({ body, key }))
  }
  const shownElsewhere = problem !== null && (fields.name || fields.kubeconfig) && Object.keys(fields).every((field) => field === 'name' || field === 'kubeconfig')

  return (
    <Dialog title="Connect a cluster" opened onClose={onClose} footer={<>
      <span className="grow small dim">{how === 'practice' ? 'It belongs to this organization and costs nothing.' : 'To undo: remove it here, or delete the namespace there.'}</span>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="main" type="submit" form="register" disabled={!ready} busy={register.isPending || practice.isPending}>{how === 'practice' ? 'Make a practice cluster' : 'Connect'}</Button>
    </>}>
      <form id="register" className="stack" noValidate onSubmit={onSubmit}>
        {features.practice && (
          <fieldset className="pick" aria-label="What do you want to connect?">
            <label className="opt"><input type="radio" name="how" checked={how === 'kubeconfig'} onChange={() => setHow('kubeconfig')} /><span><b>A cluster of yours</b><p>With a kubeconfig. Read once, used once, then forgotten.</p></span></label>
            <label className="opt"><input type="radio" name="how" checked={how === 'practice'} onChange={() => setHow('practice')} /><span><b>A practice cluster</b><p>Simulated inside Anywhere: nothing really runs, everything can be tried, failures too.</p></span></label>
          </fieldset>
        )}
        {how === 'kubeconfig' && (
          <KubeconfigField value={kubeconfig} inspection={inspection} context={context} error={fields.kubeconfig?.join(' ')}
            onChange={(text) => { setKubeconfig(text); setContext(null); setInsecure(false); changed() }} onContext={(next) => { setContext(next); changed() }} />
        )}
        <div className={`field${nameError ? ' err' : ''}`}>
          <label htmlFor="cluster-name">Name{how === 'practice' ? ' (if you like)' : ''}</label>
          <input id="cluster-name" className="in" autoComplete="off" value={how === 'practice' ? typedName ?? '' : name} aria-invalid={Boolean(nameError)} aria-describedby="cluster-name-help"
            onChange={(event) => { setTypedName(event.target.value); changed() }} />
          <span className="help" id="cluster-name-help">{nameError ?? 'Short, as your team calls it.'}</span>
        </div>
        {how === 'kubeconfig' && (
          <details className="more">
            <summary><Icon name="right" className="chev" />Only one namespace<span className="end">{namespace || 'no, the whole cluster'}</span></summary>
            <div className="field"><label htmlFor="only-namespace">Namespace</label>
              <input id="only-namespace" className="in mono" autoComplete="off" value={namespace} aria-describedby="only-namespace-help" onChange={(event) => { setNamespace(event.target.value); changed() }} />
              <span className="help" id="only-namespace-help">For a credential that may not create cluster roles. Services then all live in this namespace, and nodes and storage classes may not be visible.</span></div>
          </details>
        )}
        {how === 'kubeconfig' && mayBeInsecure && (
          <label className="opt"><input type="checkbox" checked={insecure} onChange={(event) => { setInsecure(event.target.checked); changed() }} /><span><b>Connect without checking the certificate</b><p>Your administrator allows it. Anyone between us and the cluster can then read and change everything.</p></span></label>
        )}
        {how === 'kubeconfig' && answer?.will_create && preview?.refused.length === 0 && <WillCreate will={answer.will_create} dim={inspection.kind === 'reading'} />}
      </form>
      {problem && !shownElsewhere ? <ProblemPanel problem={problem} alert /> : null}
      {practice.error ? <ProblemPanel problem={practice.error} alert /> : null}
    </Dialog>
  )
}
