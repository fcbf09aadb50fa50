/**
 * The form of a package, made from its schema: groups folded with their current values on the fold,
 * conditional fields, pickers fed by the cluster. It is a view of the user's difference to the base.
 */
import Form from '@rjsf/core/lib/components/Form.js'
import type { FieldProps, ObjectFieldTemplateProps, RJSFSchema, UiSchema } from '@rjsf/utils'
import { useMemo, useState, type ReactElement } from 'react'
import type { Bindable, ClusterOptions, Json, Values } from '../../api/types'
import { fieldsOf, groupsOf, groupSummary, isShown, type FormGroup, type Schema } from '../../lib/form/fields'
import { flatData, flatSchema, keyOf, pathOf } from '../../lib/form/flat'
import { noEvalValidator } from '../../lib/form/no-eval'
import type { SecretValues } from '../../lib/form/secrets'
import { errorsAt, type FieldErrors } from '../../lib/form/validate'
import { getPath, mergeValues, sameJson, setPath, unsetPath } from '../../lib/form/values'
import { Icon } from '../icon'
import { SchemaFormContext, useSchemaForm, type SchemaFormState } from './context'
import { SchemaField } from './field'

export interface SchemaFormProps {
  schema: Schema
  /** Paths the package says are secret. */
  secretPaths?: string[]
  /** The values below the user's: the package's defaults with the plan. */
  base: Values
  /** The user's difference to the base, without secrets. */
  values: Values
  secrets: SecretValues
  errors?: FieldErrors
  options?: ClusterOptions | null
  bindable?: Bindable[] | null
  clusterName?: string | null
  mode?: 'install' | 'change'
  /** Paths that another control of the page sets, such as the replicas a plan decides. */
  hiddenPaths?: string[]
  onChange: (values: Values) => void
  onSecrets: (secrets: SecretValues) => void
}

/** The user's difference with `value` at the path; the base's own value is no difference. */
export function changeValue(base: Values, values: Values, path: string, value: Json | undefined): Values {
  if (value === undefined || sameJson(getPath(base, path), value)) return unsetPath(values, path)
  return setPath(unsetPath(values, path), path, value)
}

/** What a fold with nothing but untouched secrets says. */
function secretWords(group: FormGroup, mode: 'install' | 'change'): string {
  const secret = group.fields.filter((field) => field.secret)
  if (secret.length === 0) return ''
  if (mode === 'change') return 'kept as it is'
  return secret.every((field) => field.form.generate) ? 'generated' : ''
}

function Group({ group, merged, children }: { group: FormGroup; merged: Values; children: ReactElement[] }): ReactElement {
  const { isChanged, errors, secrets, mode } = useSchemaForm()
  const bad = group.fields.some((field) => errorsAt(errors, field.path).length > 0)
  const changed = (path: string) => isChanged(path) || Boolean(secrets[path])
  // Opened by what is wrong, it stays open when that is mended.
  const [opened, setOpened] = useState(false)
  const [wasBad, setWasBad] = useState(false)
  if (bad !== wasBad) { setWasBad(bad); if (bad) setOpened(true) }
  if (group.name === 'Basics') return <div className="block-basics"><div className="fields">{children}</div></div>
  return (
    <details className="more" open={opened} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary><Icon name="right" className="chev" />{group.name}<span className="end">{bad ? <b className="danger-text">needs a look</b> : groupSummary(group, merged, changed) || secretWords(group, mode)}</span></summary>
      <div className="fields">{children}</div>
    </details>
  )
}

interface Context {
  groups: FormGroup[]
  merged: Values
}

function GroupedObject({ properties, registry }: ObjectFieldTemplateProps<Record<string, Json>, RJSFSchema, Context>): ReactElement {
  const { groups, merged } = registry.formContext
  const content = new Map(properties.map((property) => [pathOf(property.name), property.content]))
  return (
    <>
      {groups.map((group) => (
        <Group key={group.name} group={group} merged={merged}>
          {group.fields.flatMap((field) => { const each = content.get(field.path); return each ? [each] : [] })}
        </Group>
      ))}
    </>
  )
}

const templates = { ObjectFieldTemplate: GroupedObject }
const fieldOf = (props: FieldProps<Record<string, Json>, RJSFSchema, Context>): ReactElement | null => <SchemaField name={props.name} formData={props.formData} />
const customFields = { value: fieldOf }
const FieldFrame = ({ children }: { children: React.ReactNode }): ReactElement => <>{children}</>

export function SchemaForm(props: SchemaFormProps): ReactElement {
  const { schema, secretPaths, base, values, secrets, errors = {}, options = null, bindable = null, clusterName = null, mode = 'install', hiddenPaths, onChange, onSecrets } = props
  const all = useMemo(() => fieldsOf(schema, secretPaths).filter((field) => !hiddenPaths?.includes(field.path)), [schema, secretPaths, hiddenPaths])
  const merged = useMemo(() => mergeValues(base, values), [base, values])
  const shown = all.filter((field) => isShown(field, merged, all))
  const shownKey = shown.map((field) => field.path).join()
  const flat = useMemo(() => flatSchema(shown), [all, shownKey])
  const uiSchema = useMemo<UiSchema<Record<string, Json>, RJSFSchema, Context>>(
    () => Object.fromEntries(shown.map((field) => [keyOf(field.path), { 'ui:field': 'value' }])), [all, shownKey])

  const state: SchemaFormState = {
    fields: new Map(all.map((field) => [field.path, field])),
    errors, options, bindable, clusterName, mode, secrets,
    isChanged: (path) => getPath(values, path) !== undefined,
    baseOf: (path) => getPath(base, path),
    onChange: (path, value) => onChange(changeValue(base, values, path, value)),
    onSecret: (path, value) => onSecrets({ ...secrets, [path]: value }),
    onUndo: (path) => onChange(unsetPath(values, path)),
  }
  return (
    <SchemaFormContext value={state}>
      <Form<Record<string, Json>, RJSFSchema, Context>
        tagName="div"
        schema={flat as RJSFSchema}
        uiSchema={uiSchema}
        formData={flatData(shown, merged) as Record<string, Json>}
        formContext={{ groups: groupsOf(shown), merged }}
        validator={noEvalValidator as never}
        fields={customFields}
        templates={{ ...templates, FieldTemplate: FieldFrame as never }}
        noValidate
        showErrorList={false}
      >
        <></>
      </Form>
    </SchemaFormContext>
  )
}
