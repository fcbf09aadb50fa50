/** The people of the organization: owners add them and set their roles. */
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactElement } from 'react'
import { asProblem } from '../../../api/client'
import type { Member, Role } from '../../../api/types'
import { Button } from '../../../components/button'
import { ConfirmDialog, Dialog } from '../../../components/dialog'
import { ProblemPanel } from '../../../components/problem-panel'
import { QueryView, Skeleton } from '../../../components/states'
import { Moment } from '../../../components/time'
import { useMe, useRole } from '../../../lib/session'
import { membersQuery, useMembers } from '../api/members'
import { Field } from './field'

const roles: { role: Role; words: string }[] = [
  { role: 'owner', words: 'Owner: everything, people too' },
  { role: 'member', words: 'Member: clusters and services' },
  { role: 'viewer', words: 'Viewer: looks only' },
]

function AddPerson({ org, onClose }: { org: string; onClose: () => void }): ReactElement {
  const { add } = useMembers(org)
  const me = useMe()
  const problem = add.error ? asProblem(add.error) : null
  const unknown = me.is_staff && problem?.code === 'member.unknown_person'
  const [needsAccount, setNeedsAccount] = useState(false)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const password = String(data.get('password') ?? '')
    add.mutate(
      { email: String(data.get('email')), role: String(data.get('role')) as Role, ...(password ? { name: String(data.get('name') ?? ''), password } : {}) },
      { onSuccess: onClose, onError: (error) => { if (me.is_staff && asProblem(error).code === 'member.unknown_person') setNeedsAccount(true) } },
    )
  }
  return (
    <Dialog title="Add a person" opened onClose={onClose} size="32rem">
      <form className="stack" onSubmit={submit}>
        <Field label="Email" name="email" type="email" required data-autofocus errors={needsAccount && unknown ? undefined : problem?.fields.email} />
        <div className="field"><label htmlFor="person-role">Role</label>
          <select className="in" id="person-role" name="role" defaultValue="member">{roles.map(({ role, words }) => <option key={role} value={role}>{words}</option>)}</select>
        </div>
        {needsAccount && <>
          <p className="dim small">Nobody has an account with this address yet. Choose a first password and hand it over; they change it under Account.</p>
          <Field label="Name" name="name" maxLength={120} />
          <Field label="First password" name="password" type="password" autoComplete="new-password" required minLength={8} errors={problem?.fields.password} />
        </>}
        {problem && !unknown && Object.keys(problem.fields).length === 0 ? <ProblemPanel problem={problem} alert /> : null}
        <footer className="aw-modal-foot"><Button onClick={onClose}>Cancel</Button><Button type="submit" look="main" busy={add.isPending}>Add</Button></footer>
      </form>
    </Dialog>
  )
}

export function PeopleCard({ org }: { org: string }): ReactElement {
  const me = useMe()
  const isOwner = useRole() === 'owner'
  const members = useQuery(membersQuery(org))
  const { setRole, remove } = useMembers(org)
  const [adding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<Member | null>(null)
  return (
    <section className="card" aria-labelledby="people-head"><header><h2 id="people-head">People</h2>{isOwner ? <span className="end"><Button small onClick={() => setAdding(true)}>Add a person</Button></span> : <span className="faint small">owners add people and set roles</span>}</header>
      {setRole.error ? <div className="pad"><ProblemPanel problem={setRole.error} alert /></div> : null}
      <QueryView query={members} what="the people" skeleton={<div className="pad stack"><Skeleton /><Skeleton /></div>}>
        {(list) => (
          <table className="flat">
            <thead><tr><th>Person</th><th>Role</th><th>Since</th><th><span className="vh">Actions</span></th></tr></thead>
            <tbody>{list.map((member) => (
              <tr key={member.id}>
                <td><b>{member.name || member.email}</b>{member.email === me.email && <> <span className="tag">you</span></>}{member.name && <div className="small dim break">{member.email}</div>}</td>
                <td data-l="Role">{isOwner
                  ? <select className="in role" aria-label={`Role of ${member.email}`} value={member.role} disabled={setRole.isPending} onChange={(event) => setRole.mutate({ id: member.id, role: event.target.value as Role })}>{roles.map(({ role }) => <option key={role} value={role}>{role}</option>)}</select>
                  : member.role}</td>
                <td data-l="Since"><Moment at={member.joined_at} /></td>
                <td className="right">{isOwner && <Button small look="danger" aria-label={`Remove ${member.email}`} onClick={() => setLeaving(member)}>Remove</Button>}</td>
              </tr>
            ))}</tbody>
          </table>
        )}
      </QueryView>
      {adding && <AddPerson org={org} onClose={() => setAdding(false)} />}
      {leaving && (
        <ConfirmDialog title={`Remove ${leaving.name || leaving.email}`} opened danger verb="Remove" keep="Keep them" busy={remove.isPending} problem={remove.error} onClose={() => { remove.reset(); setLeaving(null) }} onConfirm={() => remove.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}>
          <p>They no longer see the clusters and services of this organization. What they installed stays.</p>
        </ConfirmDialog>
      )}
    </section>
  )
}
