/** One field: label, control, help or error, and the way back to the default. */
import type { FieldProps } from '@rjsf/utils'
import type { ReactElement } from 'react'
import type { Json } from '../../api/types'
import { inWords, type FormField } from '../../lib/form/fields'
import { pathOf } from '../../lib/form/flat'
import { errorsAt } from '../../lib/form/validate'
import { useSchemaForm } from './context'
import { Control } from './control'

function before(value: Json | undefined, field: FormField): string {
  if (value === undefined || value === null || value === '') return 'empty'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return inWords(value, field) || 'what the package has'
}

export function SchemaField({ name, formData }: Pick<FieldProps, 'name' | 'formData'>): ReactElement | null {
  const form = useSchemaForm()
  const path = pathOf(name)
  const field = form.fields.get(path)
  if (!field) return null
  const id = `value-${name}`
  const errors = errorsAt(form.errors, path)
  const locked = form.mode === 'change' && field.form.immutable
  const help = locked ? `${field.description} It cannot be changed after the install.`.trim() : field.description
  const changed = form.isChanged(path)
  const type = [field.schema.type].flat()[0]
  return (
    <div className={`field${errors.length ? ' err' : ''}${type === 'boolean' ? ' bool' : ''}`} data-path={path}>
      <label htmlFor={id}>{field.title}{field.required && !field.secret && <span className="faint" aria-hidden="true"> *</span>}</label>
      <Control id={id} field={field} value={formData as Json | undefined} locked={locked} described={`${id}-help`} invalid={errors.length > 0} />
      <span className="help" id={`${id}-help`}>
        {errors.length > 0 ? errors.join(' ') : help}
        {changed && !field.secret && (
          <> Changed from {before(form.baseOf(path), field)}. <button type="button" className="link-btn" onClick={() => form.onUndo(path)}>Undo</button></>
        )}
      </span>
    </div>
  )
}
