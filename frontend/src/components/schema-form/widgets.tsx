/** How each kind of value is asked for. */
import { useState, type ChangeEvent, type ReactElement } from 'react'
import type { Json } from '../../api/types'
import type { FormField } from '../../lib/form/fields'
import { shownIn, toQuantity, unitToAsk } from '../../lib/form/quantity'
import { listed } from '../../lib/format'
import { isTree } from '../../lib/form/values'
import { parseYaml, toYaml } from '../../lib/form/yaml'
import { useSchemaForm } from './context'

export interface ControlProps {
  id: string
  field: FormField
  value: Json | undefined
  locked: boolean
  described: string
  invalid: boolean
}
const aria = ({ described, invalid }: ControlProps) => ({ 'aria-describedby': described, 'aria-invalid': invalid || undefined })
const text = (value: Json | undefined): string => (value === undefined || value === null ? '' : String(value))
const limit = (schema: FormField['schema'], key: string): number | undefined => (typeof schema[key] === 'number' ? (schema[key] as number) : undefined)

export function TextControl(props: ControlProps): ReactElement {
  const { onChange } = useSchemaForm()
  const { schema, form } = props.field
  const examples = Array.isArray(schema.examples) ? schema.examples.map(String) : []
  const list = examples.length > 0 ? `${props.id}-examples` : undefined
  return (
    <>
      <input id={props.id} className="in" list={list} autoComplete="off" spellCheck={false} placeholder={form.generate ? 'Generated' : undefined} disabled={props.locked} value={text(props.value)} onChange={(event) => onChange(props.field.path, event.target.value)} {...aria(props)} />
      {list && <datalist id={list}>{examples.map((example) => <option key={example} value={example} />)}</datalist>}
    </>
  )
}

export function TextareaControl(props: ControlProps): ReactElement {
  const { onChange } = useSchemaForm()
  return <textarea id={props.id} className="in area" rows={4} disabled={props.locked} value={text(props.value)} onChange={(event) => onChange(props.field.path, event.target.value)} {...aria(props)} />
}

/** Numbers keep what was typed while it is not one yet; the check says so. */
export function NumberControl(props: ControlProps): ReactElement {
  const { onChange } = useSchemaForm()
  const { schema, form, path } = props.field
  const [draft, setDraft] = useState<string | null>(null)
  const set = (event: ChangeEvent<HTMLInputElement>) => {
    const typed = event.target.value
    setDraft(typed)
    onChange(path, typed === '' ? undefined : Number.isNaN(Number(typed)) ? typed : Number(typed))
  }
  return (
    <span className="with-unit">
      <input id={props.id} className="in num" type="number" inputMode="decimal" min={limit(schema, 'minimum')} max={limit(schema, 'maximum')} step={form.step ?? (schema.type === 'integer' ? 1 : 'any')} disabled={props.locked} value={draft ?? text(props.value)} onChange={set} onBlur={() => setDraft(null)} {...aria(props)} />
      {form.unit && <span className="unit">{form.unit}</span>}
    </span>
  )
}

/** "5Gi" as a number with its unit; what is not a quantity in this unit can still be typed as text. */
export function QuantityControl(props: ControlProps): ReactElement {
  const { onChange, baseOf } = useSchemaForm()
  const { form, path } = props.field
  const [draft, setDraft] = useState<string | null>(null)
  const unit = unitToAsk(baseOf(path), form.unit)
  const shown = shownIn(props.value, unit)
  const set = (event: ChangeEvent<HTMLInputElement>) => {
    const typed = event.target.value
    setDraft(typed)
    const number = Number(typed.replace(',', '.'))
    if (typed.trim() === '') onChange(path, '')
    else onChange(path, Number.isNaN(number) || number < 0 ? typed : toQuantity(number, unit))
  }
  return (
    <span className="with-unit">
      <input id={props.id} className="in num" inputMode="decimal" autoComplete="off" disabled={props.locked} value={draft ?? (shown === null ? text(props.value) : String(shown))} onChange={set} onBlur={() => setDraft(null)} {...aria(props)} />
      {unit && <span className="unit">{unit}</span>}
    </span>
  )
}

export function SliderControl(props: ControlProps): ReactElement {
  const { onChange } = useSchemaForm()
  const { schema, form, path } = props.field
  const now = typeof props.value === 'number' ? props.value : Number(shownIn(props.value, form.unit) ?? limit(schema, 'minimum') ?? 0)
  const isText = schema.type === 'string'
  return (
    <span className="slider">
      <input id={props.id} type="range" min={limit(schema, 'minimum') ?? 0} max={limit(schema, 'maximum') ?? 10} step={form.step ?? 1} disabled={props.locked} value={now} onChange={(event) => onChange(path, isText ? toQuantity(Number(event.target.value), form.unit) : Number(event.target.value))} {...aria(props)} />
      <output className="num" htmlFor={props.id}>{now}{form.unit ? ` ${form.unit}` : ''}</output>
    </span>
  )
}

export function SwitchControl(props: ControlProps): ReactElement {
  const { onChange } = useSchemaForm()
  return (
    <span className="switch">
      <input id={props.id} type="checkbox" role="switch" disabled={props.locked} checked={props.value === true} onChange={(event) => onChange(props.field.path, event.target.checked)} {...aria(props)} />
    </span>
  )
}

export function SelectControl({ choices, ...props }: ControlProps & { choices: { value: Json; label: string; disabled?: boolean }[] }): ReactElement {
  const { onChange } = useSchemaForm()
  const known = choices.some((choice) => choice.value === (props.value ?? ''))
  return (
    <select id={props.id} className="in" disabled={props.locked} value={text(props.value)} onChange={(event) => onChange(props.field.path, choices.find((choice) => String(choice.value) === event.target.value)?.value ?? event.target.value)} {...aria(props)}>
      {!known && <option value={text(props.value)}>{text(props.value) || 'Choose'}</option>}
      {choices.map((choice) => <option key={String(choice.value)} value={String(choice.value)} disabled={choice.disabled}>{choice.label}</option>)}
    </select>
  )
}

/** Never shown unless asked; empty means generated, or kept when there is one. */
export function SecretControl(props: ControlProps): ReactElement {
  const { secrets, onSecret, mode } = useSchemaForm()
  const [open, setOpen] = useState(false)
  const hint = mode === 'change' ? 'Kept as it is' : props.field.form.generate ? 'Generated' : ''
  return (
    <span className="with-unit">
      <input id={props.id} className="in mono" type={open ? 'text' : 'password'} autoComplete="new-password" spellCheck={false} placeholder={hint} disabled={props.locked} value={secrets[props.field.path] ?? ''} onChange={(event) => onSecret(props.field.path, event.target.value)} {...aria(props)} />
      <button type="button" className="btn sm" disabled={!secrets[props.field.path]} aria-label={`${open ? 'Hide' : 'Show'} ${props.field.title}`} onClick={() => setOpen(!open)}>{open ? 'Hide' : 'Show'}</button>
    </span>
  )
}

/** A list of texts, one a line. */
export function ListControl(props: ControlProps): ReactElement {
  const { onChange } = useSchemaForm()
  const items = Array.isArray(props.value) ? props.value : []
  const [draft, setDraft] = useState<string | null>(null)
  const numbers = (props.field.schema.items as { type?: string } | undefined)?.type
  const set = (typed: string) => {
    setDraft(typed)
    const lines = typed.split('\n').map((line) => line.trim()).filter(Boolean)
    onChange(props.field.path, lines.map((line) => (numbers === 'integer' || numbers === 'number') && !Number.isNaN(Number(line)) ? Number(line) : line))
  }
  return <textarea id={props.id} className="in area" rows={Math.max(2, items.length + 1)} disabled={props.locked} value={draft ?? items.map(String).join('\n')} onChange={(event) => set(event.target.value)} onBlur={() => setDraft(null)} {...aria(props)} />
}

/** "Each entry, as YAML, needs name; it may have versioning.": the keys of a list's entries; empty when it has none. */
function entryKeys(schema: FormField['schema']): string {
  const entry = schema.items as { required?: string[]; properties?: Record<string, unknown> } | undefined
  const needed = entry?.required ?? []
  const others = Object.keys(entry?.properties ?? {}).filter((key) => !needed.includes(key))
  const said = [needed.length > 0 ? `needs ${listed(needed)}` : '', others.length > 0 ? `may have ${listed(others)}` : ''].filter(Boolean)
  return said.length > 0 ? `Each entry, as YAML, ${said.join('; it ')}.` : ''
}

/** The first example of a list, what an entry needs before the rest of it; undefined when the schema has none. */
function exampleOf(schema: FormField['schema']): Json[] | undefined {
  const given: unknown = Array.isArray(schema.examples) ? schema.examples[0] : undefined
  if (!Array.isArray(given)) return undefined
  const needed = (schema.items as { required?: string[] } | undefined)?.required ?? []
  const first = (key: string) => (needed.includes(key) ? needed.indexOf(key) : needed.length)
  return (given as Json[]).map((entry) => (isTree(entry) ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => first(a) - first(b))) : entry))
}

/** A tree or list of trees as YAML text. */
export function CodeControl(props: ControlProps): ReactElement {
  const { onChange } = useSchemaForm()
  const [draft, setDraft] = useState<string | null>(null)
  const wrapped = isTree(props.value) ? toYaml(props.value) : Array.isArray(props.value) && props.value.length > 0 ? toYaml({ list: props.value }).replace(/^list:\n/, '').replace(/^ {2}/gm, '') : text(Array.isArray(props.value) ? '' : props.value)
  const isList = props.field.schema.type === 'array'
  const example = exampleOf(props.field.schema)
  const isEmpty = Array.isArray(props.value) ? props.value.length === 0 : props.value === undefined
  const [broken, setBroken] = useState<string | null>(null)
  const set = (typed: string) => {
    setDraft(typed)
    if (props.field.schema.type === 'string') { onChange(props.field.path, typed); return }
    const parsed = parseYaml(isList ? `list:\n${typed.replace(/^/gm, '  ')}` : typed)
    if (!parsed.ok) { setBroken(parsed.errors[0]?.message ?? 'This is not YAML.'); return }
    setBroken(null)
    onChange(props.field.path, isList ? (parsed.values.list ?? []) : parsed.values)
  }
  return (
    <>
      <textarea id={props.id} className="in area mono" rows={Math.min(12, Math.max(4, (draft ?? wrapped).split('\n').length))} spellCheck={false} disabled={props.locked} value={draft ?? wrapped} onChange={(event) => set(event.target.value)} onBlur={() => { if (!broken) setDraft(null) }} {...aria(props)} />
      {broken && <span className="help" role="status">{broken}</span>}
      {isList && (
        <span className="help hint">
          {entryKeys(props.field.schema)}
          {isEmpty && draft === null && example && !props.locked && <>{' '}<button type="button" className="link-btn" onClick={() => onChange(props.field.path, example)}>Begin with an example</button></>}
        </span>
      )}
    </>
  )
}
