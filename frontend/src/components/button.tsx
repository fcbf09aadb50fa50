/** Buttons: verbs. One filled (`main`) on a page. */
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ButtonHTMLAttributes, MouseEvent, ReactElement, ReactNode } from 'react'

export type Look = 'plain' | 'main' | 'quiet' | 'danger'
interface Shape {
  look?: Look
  small?: boolean
  wide?: boolean
}
const looks: Record<Look, string> = { plain: '', main: ' main-act', quiet: ' quiet', danger: ' danger' }
const classes = ({ look = 'plain', small, wide }: Shape) => `btn${looks[look]}${small ? ' sm' : ''}${wide ? ' wide' : ''}`

/** A button; `busy` disables it and says so at once. The second click of a double click is the same click. */
export function Button({ look, small, wide, busy, disabled, onClick, children, ...rest }: Shape & { busy?: boolean; children: ReactNode } & ButtonHTMLAttributes<HTMLButtonElement>): ReactElement {
  const once = (event: MouseEvent<HTMLButtonElement>) => {
    if (event.detail > 1) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <button type="button" {...rest} onClick={once} className={`${classes({ look, small, wide })} ${rest.className ?? ''}`} disabled={disabled || busy} aria-busy={busy || undefined}>
      {busy && <span className="busy" aria-hidden="true" />}
      {children}
    </button>
  )
}

/** A link that looks like a button. */
export function ButtonLink({ look, small, wide, children, ...link }: Shape & { children: ReactNode } & LinkProps): ReactElement {
  return <Link {...link} className={classes({ look, small, wide })}>{children}</Link>
}
