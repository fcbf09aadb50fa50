/** A labelled input with its help or error. */
import { useId, type InputHTMLAttributes, type ReactElement } from 'react'

export function Field({ label, help, errors, ...input }: { label: string; help?: string; errors?: string[] } & InputHTMLAttributes<HTMLInputElement>): ReactElement {
  const id = useId()
  const bad = Boolean(errors?.length)
  return (
    <div className={`field${bad ? ' err' : ''}`}>
      <label htmlFor={id}>{label}</label>
      <input className="in" id={id} aria-invalid={bad || undefined} aria-describedby={`${id}-help`} {...input} />
      <span className="help" id={`${id}-help`}>{bad ? errors?.join(' ') : help}</span>
    </div>
  )
}
