/** API tokens: for the command line and for automation. */
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactElement } from 'react'
import { asProblem } from '../../../api/client'
import type { ApiToken, NewApiToken } from '../../../api/types'
import { Button } from '../../../components/button'
import { CodeBlock } from '../../../components/code-block'
import { ConfirmDialog, Dialog } from '../../../components/dialog'
import { VerdictIcon } from '../../../components/icon'
import { ProblemPanel } from '../../../components/problem-panel'
import { QueryView, Skeleton } from '../../../components/states'
import { Ago, Moment } from '../../../components/time'
import { tokensQuery, useCreateToken, useRevokeToken } from '../api/tokens'
import { Field } from './field'

const lives = [{ days: 30, label: '30 days' }, { days: 90, label: '90 days' }, { days: 365, label: '1 year' }]

function NewToken({ onClose }: { onClose: () => void }): ReactElement {
  const create = useCreateToken()
  const [made, setMade] = useState<NewApiToken | null>(null)
  const problem = create.error ? asProblem(create.error) : null
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    create.mutate({ name: String(data.get('name')), expires_in_days: Number(data.get('days')) }, { onSuccess: setMade })
  }
  if (made) {
    return (
      <Dialog title={`Token ${made.name}`} opened onClose={onClose} size="36rem" footer={<Button look="main" onClick={onClose}>Close</Button>}>
        <div className="note v-degraded"><VerdictIcon verdict="degraded" /><p>Copy it now. It is shown this once and cannot be read again.</p></div>
        <CodeBlock text={made.token} label="token" />
        <p className="small dim">Send it as <code>Authorization: Bearer …</code> with each request to the API.</p>
      </Dialog>
    )
  }
  return (
    <Dialog title="New API token" opened onClose={onClose} size="32rem">
      <form className="stack" onSubmit={submit}>
        <Field label="Name" name="name" required maxLength={80} data-autofocus help="Where it will be used, such as the name of a pipeline." errors={problem?.fields.name} />
        <div className="field"><label htmlFor="token-days">Ends after</label>
          <select className="in" id="token-days" name="days" defaultValue="90">{lives.map(({ days, label }) => <option key={days} value={days}>{label}</option>)}</select>
        </div>
        {problem && Object.keys(problem.fields).length === 0 ? <ProblemPanel problem={problem} alert /> : null}
        <footer className="aw-modal-foot"><Button onClick={onClose}>Cancel</Button><Button type="submit" look="main" busy={create.isPending}>Create token</Button></footer>
      </form>
    </Dialog>
  )
}

export function TokensCard(): ReactElement {
  const tokens = useQuery(tokensQuery)
  const revoke = useRevokeToken()
  const [making, setMaking] = useState(false)
  const [ending, setEnding] = useState<ApiToken | null>(null)
  return (
    <section className="card" aria-labelledby="tokens-head"><header><h2 id="tokens-head">API tokens</h2><span className="end"><Button small onClick={() => setMaking(true)}>New token</Button></span></header>
      <QueryView query={tokens} what="your tokens" skeleton={<div className="pad stack"><Skeleton /><Skeleton /></div>}
        isEmpty={(list) => list.length === 0} empty={<div className="pad dim">A token lets the command line or a pipeline do what you may do. You have none.</div>}>
        {(list) => (
          <table className="flat">
            <thead><tr><th>Name</th><th>Begins with</th><th>Created</th><th>Last used</th><th>Ends</th><th><span className="vh">Actions</span></th></tr></thead>
            <tbody>{list.map((token) => (
              <tr key={token.id}>
                <td><b className="break">{token.name}</b></td>
                <td data-l="Begins with" className="mono">{token.prefix}…</td>
                <td data-l="Created"><Moment at={token.created_at} /></td>
                <td data-l="Last used">{token.last_used_at ? <Ago at={token.last_used_at} /> : 'never'}</td>
                <td data-l="Ends">{token.expires_at ? <Moment at={token.expires_at} /> : 'never'}</td>
                <td className="right"><Button small look="danger" aria-label={`End token ${token.name}`} onClick={() => setEnding(token)}>End</Button></td>
              </tr>
            ))}</tbody>
          </table>
        )}
      </QueryView>
      {making && <NewToken onClose={() => setMaking(false)} />}
      {ending && (
        <ConfirmDialog title={`End token ${ending.name}`} opened danger verb="End token" keep="Keep it" busy={revoke.isPending} problem={revoke.error} onClose={() => { revoke.reset(); setEnding(null) }} onConfirm={() => revoke.mutate(ending.id, { onSuccess: () => setEnding(null) })}>
          <p>Whatever uses it is refused from now on. This cannot be taken back; a new token can be made.</p>
        </ConfirmDialog>
      )}
    </section>
  )
}
