/** Chooses the control of a field: its widget, else its type; pickers are fed by the cluster chosen. */
import type { ReactElement } from 'react'
import type { Json } from '../../api/types'
import { useSchemaForm } from './context'
import {
  CodeControl, ListControl, NumberControl, QuantityControl, SecretControl, SelectControl, SliderControl, SwitchControl, TextareaControl, TextControl, type ControlProps,
} from './widgets'

function StorageClassControl(props: ControlProps): ReactElement {
  const { options } = useSchemaForm()
  if (!options || options.storage_classes.length === 0) return <TextControl {...props} />
  const standard = options.storage_classes.find((each) => each.is_default)
  return <SelectControl {...props} choices={[
    { value: '', label: standard ? `Default of the cluster (${standard.name})` : 'Default of the cluster: there is none', disabled: !standard },
    ...options.storage_classes.map((each) => ({ value: each.name, label: `${each.name} · ${each.expandable ? 'can grow' : 'cannot grow'}` })),
  ]} />
}

function IngressClassControl(props: ControlProps): ReactElement {
  const { options } = useSchemaForm()
  if (!options || options.ingress_classes.length === 0) return <TextControl {...props} />
  const standard = options.ingress_classes.find((each) => each.is_default)
  return <SelectControl {...props} choices={[
    { value: '', label: standard ? `Default of the cluster (${standard.name})` : 'None' },
    ...options.ingress_classes.map((each) => ({ value: each.name, label: each.name })),
  ]} />
}

function NamespaceControl(props: ControlProps): ReactElement {
  const { options, onChange } = useSchemaForm()
  const list = `${props.id}-list`
  return (
    <>
      <input id={props.id} className="in" list={list} autoComplete="off" disabled={props.locked} value={typeof props.value === 'string' ? props.value : ''} onChange={(event) => onChange(props.field.path, event.target.value)} aria-describedby={props.described} aria-invalid={props.invalid || undefined} />
      <datalist id={list}>{(options?.namespaces ?? []).map((each) => <option key={each.name} value={each.name} />)}</datalist>
    </>
  )
}

/** Services of the namespace that publish what the field takes; a name of another Secret that stands there already stays to be chosen. */
function BindingControl(props: ControlProps): ReactElement {
  const { bindable } = useSchemaForm()
  const accepts = props.field.form.accepts
  const fitting = (bindable ?? []).filter((each) => !accepts || each.type === accepts)
  const now = typeof props.value === 'string' ? props.value : ''
  if (bindable === null) return <TextControl {...props} />
  return <SelectControl {...props} choices={[
    { value: '', label: fitting.length > 0 ? 'None' : 'None in this namespace' },
    ...fitting.map((each) => ({ value: each.secret, label: `${each.service} · ${each.title}` })),
    ...(now && !fitting.some((each) => each.secret === now) ? [{ value: now, label: `${now} (a Secret)` }] : []),
  ]} />
}

/** A list of texts one a line; a list of groups of values as YAML, which alone can hold them. */
function EntriesControl(props: ControlProps): ReactElement {
  return (props.field.schema.items as { type?: string } | undefined)?.type === 'object' ? <CodeControl {...props} /> : <ListControl {...props} />
}

export function Control(props: ControlProps): ReactElement {
  const { schema, form, secret } = props.field
  if (secret || form.widget === 'password') return <SecretControl {...props} />
  switch (form.widget) {
    case 'textarea': return <TextareaControl {...props} />
    case 'slider': return <SliderControl {...props} />
    case 'list': return schema.type === 'array' ? <EntriesControl {...props} /> : <TextControl {...props} />
    case 'quantity': return <QuantityControl {...props} />
    case 'storageClass': return <StorageClassControl {...props} />
    case 'ingressClass': return <IngressClassControl {...props} />
    case 'bindingRef': return <BindingControl {...props} />
    case 'namespace': return <NamespaceControl {...props} />
    case 'code': return <CodeControl {...props} />
    default: break
  }
  if (Array.isArray(schema.enum)) return <SelectControl {...props} choices={(schema.enum as Json[]).map((value) => ({ value, label: value === '' ? 'Default' : String(value) }))} />
  const type = [schema.type].flat()[0]
  if (type === 'boolean') return <SwitchControl {...props} />
  if (type === 'integer' || type === 'number') return <NumberControl {...props} />
  if (type === 'array') return <EntriesControl {...props} />
  if (type === 'object') return <CodeControl {...props} />
  return <TextControl {...props} />
}
