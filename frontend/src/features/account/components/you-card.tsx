/** Name and password of the one who is signed in. */
import { useState, type FormEvent, type ReactElement } from 'react'
import { asProblem } from '../../../api/client'
import { Button } from '../../../components/button'
import { ProblemPanel } from '../../../components/problem-panel'
import { toast } from '../../../components/toasts'
import { useMe } from '../../../lib/session'
import { useChangePassword, useRename } from '../api/account'
import { Field } from './field'

function PasswordForm(): ReactElement {
  const change = useChangePassword()
  const problem = change.error ? asProblem(change.error) : null
  const onField = problem !== null && Object.keys(problem.fields).length > 0
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    change.mutate({ current_password: String(data.get('current')), new_password: String(data.get('new')) }, {
      onSuccess: () => { form.reset(); toast('Your password is changed. Your API tokens ended with it.') },
    })
  }
  return (
    <form className="stack" onSubmit={submit}>
      <h3>Password</h3>
      <div className="fields">
        <Field label="Current password" name="current" type="password" autoComplete="current-password" required errors={problem?.fields.current_password} />
        <Field label="New password" name="new" type="password" autoComplete="new-password" required minLength={8} help="At least 8 characters." errors={problem?.fields.new_password} />
      </div>
      {problem && !onField ? <ProblemPanel problem={problem} alert /> : null}
      <Button type="submit" busy={change.isPending}>Change password</Button>
    </form>
  )
}

export function YouCard(): ReactElement {
  const me = useMe()
  const rename = useRename()
  const [name, setName] = useState(me.name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rename.mutate(name.trim(), { onSuccess: () => toast('Your name is changed.') })
  }
  return (
    <section className="card" aria-labelledby="you-head"><header><h2 id="you-head">You</h2><span className="faint small">{me.email}</span></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-5)' }}>
        <form className="stack" onSubmit={submit}>
          <div className="fields"><Field label="Name" value={name} maxLength={120} autoComplete="name" onChange={(event) => setName(event.target.value)} errors={rename.error ? asProblem(rename.error).fields.name : undefined} /></div>
          {rename.error ? <ProblemPanel problem={rename.error} alert /> : null}
          <Button type="submit" busy={rename.isPending} disabled={name.trim() === me.name}>Change name</Button>
        </form>
        <PasswordForm />
      </div>
    </section>
  )
}
