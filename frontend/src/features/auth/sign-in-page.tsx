/** Sign in: email, password, and back to where one wanted to go. */
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useRef, useState, type FormEvent, type ReactElement } from 'react'
import { asProblem } from '../../api/client'
import { Button } from '../../components/button'
import { Logo, VerdictIcon } from '../../components/icon'
import { useTitle } from '../../components/page'
import { useSignIn } from './api/sign-in'

export function SignInPage(): ReactElement {
  useTitle('Sign in')
  const { next } = useSearch({ from: '/sign-in' })
  const router = useRouter()
  const navigate = useNavigate()
  const signIn = useSignIn()
  const password = useRef<HTMLInputElement>(null)
  const [missing, setMissing] = useState<{ email?: string; password?: string }>({})

  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const email = String(form.get('email') ?? '').trim()
    const secret = String(form.get('password') ?? '')
    const gaps = { email: email ? undefined : 'Your email address is needed.', password: secret ? undefined : 'Your password is needed.' }
    setMissing(gaps)
    if (gaps.email || gaps.password) {
      event.currentTarget.querySelector<HTMLInputElement>(gaps.email ? '#email' : '#password')?.focus()
      return
    }
    signIn.mutate({ email, password: secret }, {
      onSuccess: () => {
        if (next) router.history.push(next)
        else void navigate({ to: '/' })
      },
      onError: () => { password.current?.focus(); password.current?.select() },
    })
  }

  const problem = signIn.error ? asProblem(signIn.error) : null
  return (
    <main className="door" id="main">
      <div className="card door-card"><form className="pad stack" onSubmit={onSubmit} noValidate>
        <div className="logo door-logo"><Logo />Anywhere</div>
        <h1>Sign in</h1>
        {problem && (
          <div className="note v-failed" role="alert"><VerdictIcon verdict="failed" /><div><p><b>{problem.title}</b></p>{problem.detail && problem.detail !== problem.title && <p>{problem.detail}</p>}</div></div>
        )}
        <div className={`field${missing.email ? ' err' : ''}`}>
          <label htmlFor="email">Email</label>
          <input className="in" id="email" name="email" type="email" autoComplete="username" autoFocus aria-invalid={Boolean(missing.email)} aria-describedby="email-help" />
          <span className="help" id="email-help">{missing.email}</span>
        </div>
        <div className={`field${missing.password ? ' err' : ''}`}>
          <label htmlFor="password">Password</label>
          <input ref={password} className="in" id="password" name="password" type="password" autoComplete="current-password" aria-invalid={Boolean(missing.password)} aria-describedby="password-help" />
          <span className="help" id="password-help">{missing.password}</span>
        </div>
        <Button type="submit" look="main" wide busy={signIn.isPending}>Sign in</Button>
        <p className="small faint">The first administrator's password was shown when the portal started for the first time. Other accounts are made by an administrator.</p>
      </form></div>
    </main>
  )
}
