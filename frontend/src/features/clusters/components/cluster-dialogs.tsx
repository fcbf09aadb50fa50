/** Rename, replace the credential, remove: each says what will happen. */
import { useState, type ReactElement } from 'react'
import { asProblem } from '../../../api/client'
import type { Cluster } from '../../../api/types'
import { Button } from '../../../components/button'
import { ConfirmDialog, Dialog } from '../../../components/dialog'
import { ProblemPanel } from '../../../components/problem-panel'
import { useFollow } from '../../../lib/follow'
import { useInspection } from '../api/inspect-kubeconfig'
import { useRemoveCluster } from '../api/remove-cluster'
import { useRenameCluster } from '../api/rename-cluster'
import { useReplaceCredential } from '../api/replace-credential'
import { KubeconfigField, previewOf } from './kubeconfig-field'

interface Props {
  cluster: Cluster
  org: string
  onClose: () => void
}

export function RenameDialog({ cluster, onClose }: Props): ReactElement {
  const [name, setName] = useState(cluster.name)
  const rename = useRenameCluster(cluster.id)
  const error = rename.error ? asProblem(rename.error).fields.name?.join(' ') : undefined
  return (
    <Dialog title={`Rename ${cluster.name}`} opened onClose={onClose} size="32rem" footer={<>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="main" busy={rename.isPending} disabled={name.trim() === '' || name === cluster.name} onClick={() => rename.mutate(name.trim(), { onSuccess: onClose })}>Rename</Button>
    </>}>
      <div className={`field${error ? ' err' : ''}`}><label htmlFor="new-name">Name</label>
        <input id="new-name" className="in" data-autofocus value={name} aria-invalid={Boolean(error)} aria-describedby="new-name-help" onChange={(event) => setName(event.target.value)} />
        <span className="help" id="new-name-help">{error ?? 'Only the name here changes; nothing in the cluster does.'}</span></div>
      {rename.error && !error ? <ProblemPanel problem={rename.error} alert /> : null}
    </Dialog>
  )
}

export function CredentialDialog({ cluster, org, onClose }: Props): ReactElement {
  const [kubeconfig, setKubeconfig] = useState('')
  const [context, setContext] = useState<string | null>(null)
  const follow = useFollow(org)
  const inspection = useInspection(org, { kubeconfig, context, insecure: cluster.insecure_tls })
  const replace = useReplaceCredential(cluster.id)
  const ready = inspection.kind === 'read' && previewOf(inspection, context)?.canConnect === true
  return (
    <Dialog title={`Replace the credential of ${cluster.name}`} opened onClose={onClose} footer={<>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="main" busy={replace.isPending} disabled={!ready} onClick={() => follow(replace.mutateAsync(context ? { kubeconfig, context } : { kubeconfig }))}>Replace</Button>
    </>}>
      <p className="dim">The new kubeconfig must lead to the same cluster. It is used once to make a new token for the service account there, then forgotten. Services keep running.</p>
      <KubeconfigField value={kubeconfig} inspection={inspection} context={context} onContext={setContext} onChange={(text) => { setKubeconfig(text); setContext(null) }} />
      {replace.error ? <ProblemPanel problem={replace.error} alert /> : null}
    </Dialog>
  )
}

export function RemoveDialog({ cluster, org, onClose }: Props): ReactElement {
  const follow = useFollow(org)
  const remove = useRemoveCluster(cluster.id)
  const full = cluster.services_count > 0 || (remove.error !== null && asProblem(remove.error).code === 'cluster.has_services')
  const problem = remove.error && asProblem(remove.error).code !== 'cluster.has_services' ? remove.error : undefined
  return (
    <ConfirmDialog
      title={`Remove ${cluster.name}?`} opened onClose={onClose} verb={full ? 'Remove and forget its services' : 'Remove'} keep="Keep it" danger
      typeName={full ? cluster.name : undefined} busy={remove.isPending} problem={problem}
      onConfirm={() => follow(remove.mutateAsync(full))}
    >
      <p>Our service account, its rights and the token are deleted there, as far as the cluster answers.</p>
      {full && <p className="gap-top"><b>{cluster.services_count === 1 ? '1 service lives' : `${cluster.services_count} services live`} here.</b> They keep running in the cluster, but Anywhere forgets them: no health, no changes, no credentials. Uninstall them first to keep the cluster clean.</p>}
    </ConfirmDialog>
  )
}
