/** The user's values as YAML, checked as one types, with the difference to the package below. */
import { useId, useState, type ReactElement } from 'react'
import type { Values } from '../../../api/types'
import { Diff } from '../../../components/diff'
import { diffLines } from '../../../lib/form/diff-lines'
import type { Schema } from '../../../lib/form/fields'
import { takeSecrets, type SecretValues } from '../../../lib/form/secrets'
import { validateValues } from '../../../lib/form/validate'
import { mergeValues } from '../../../lib/form/values'
import { parseYaml, toYaml } from '../../../lib/form/yaml'

export function ValuesText({ base, values, secretPaths, schema, onChange }: {
  base: Values
  values: Values
  secretPaths: string[]
  schema: Schema
  onChange: (values: Values, secrets: SecretValues) => void
}): ReactElement {
  const id = useId()
  const [text, setText] = useState(() => toYaml(values))
  const parsed = parseYaml(text)
  const problems = parsed.ok
    ? Object.entries(validateValues(schema, mergeValues(base, parsed.values))).map(([path, messages]) => `${path ? `${path}: ` : ''}${messages.join(' ')}`)
    : parsed.errors.map((error) => `Line ${error.line}: ${error.message}`)
  const change = (next: string) => {
    setText(next)
    const read = parseYaml(next)
    if (!read.ok) return
    const taken = takeSecrets(read.values, secretPaths)
    onChange(taken.values, taken.secrets)
  }
  const lines = parsed.ok ? diffLines(base, parsed.values, secretPaths) : []
  return (
    <div className="stack" style={{ '--gap': 'var(--aw-3)' }}>
      <div className={`field${problems.length > 0 ? ' err' : ''}`}>
        <label htmlFor={id}>Your values</label>
        <textarea id={id} className="in mono drop" rows={14} spellCheck={false} value={text} aria-invalid={problems.length > 0} aria-describedby={`${id}-help`} onChange={(event) => change(event.target.value)} />
        <span className="help" id={`${id}-help`} role="status">{problems.length > 0 ? problems.join(' ') : 'Only what differs from the package and the plan. A secret that is set stays as it is unless you write a new one.'}</span>
      </div>
      {lines.length > 0 && <div><h3>Difference to the defaults</h3><Diff text={lines.join('\n')} label="Difference to the defaults" /></div>}
    </div>
  )
}
