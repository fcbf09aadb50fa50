/** The user's values as text beside the form: difference, everything, or editing. Both are one state. */
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react'
import type { Values } from '../../api/types'
import { diffLines } from '../../lib/form/diff-lines'
import { takeSecrets, withSecrets, type SecretValues } from '../../lib/form/secrets'
import type { FieldErrors } from '../../lib/form/validate'
import { getPath, leafPaths, mergeValues, prune, sameJson, setPath } from '../../lib/form/values'
import { parseYaml, toYaml } from '../../lib/form/yaml'
import { CopyButton } from '../copy-button'
import { Diff } from '../diff'
import { VerdictIcon } from '../icon'

type View = 'difference' | 'all' | 'edit'

export interface ValuesPanelProps {
  /** A line above the text: which package and version. */
  heading: string
  base: Values
  values: Values
  secrets: SecretValues
  secretPaths: string[]
  errors: FieldErrors
  /** What the values are of, when there is no form beside the text. */
  parts?: string[]
  onChange: (values: Values, secrets: SecretValues) => void
}

/** Everything merged, secrets as dots. */
export function maskedYaml(merged: Values, secretPaths: string[]): string {
  const masked = secretPaths.reduce((tree, path) => (getPath(tree, path) ? setPath(tree, path, '••••••') : tree), merged)
  return toYaml(masked)
}

function Editor({ text, errors, onText }: { text: string; errors: { line: number; message: string }[]; onText: (text: string) => void }): ReactElement {
  const gutter = useRef<HTMLDivElement>(null)
  const lines = text.split('\n').length
  const bad = new Set(errors.map((error) => error.line))
  return (
    <div className="editor">
      <div className="gutter num" ref={gutter} aria-hidden="true">{Array.from({ length: Math.max(lines, 8) }, (_, i) => <span key={i} className={bad.has(i + 1) ? 'bad' : undefined}>{i + 1}</span>)}</div>
      <textarea aria-label="Values as YAML" aria-invalid={errors.length > 0 || undefined} aria-describedby="yaml-errors" spellCheck={false} autoCapitalize="off" autoComplete="off" wrap="off" rows={Math.max(8, Math.min(lines + 1, 24))} value={text}
        placeholder={'# Only what differs from the defaults, such as\n# resources:\n#   memory: 1Gi'}
        onScroll={(event) => { if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop }}
        onChange={(event) => onText(event.target.value)} />
    </div>
  )
}

export function ValuesPanel({ heading, base, values, secrets, secretPaths, errors, parts, onChange }: ValuesPanelProps): ReactElement {
  const [view, setView] = useState<View>('difference')
  const [draft, setDraft] = useState<string | null>(null)
  const parsed = useMemo(() => (draft === null ? null : parseYaml(draft)), [draft])
  const lines = useMemo(() => diffLines(base, withSecrets(values, secrets), secretPaths), [base, values, secrets, secretPaths])
  const changed = leafPaths(withSecrets(values, secrets)).length
  const all = useMemo(() => maskedYaml(mergeValues(base, withSecrets(values, secrets)), secretPaths), [base, values, secrets, secretPaths])
  const problems = parsed && !parsed.ok ? parsed.errors : []

  // A change made in the form is shown in the text, unless the text already says it.
  useEffect(() => {
    if (draft === null || !parsed?.ok) return
    if (!sameJson(prune(base, takeSecrets(parsed.values, secretPaths).values), values)) setDraft(toYaml(values))
  }, [values])

  const open = (next: View) => {
    setView(next)
    setDraft(next === 'edit' ? toYaml(values) : null)
  }
  const edit = (text: string) => {
    setDraft(text)
    const next = parseYaml(text)
    if (!next.ok) return
    const taken = takeSecrets(next.values, secretPaths)
    onChange(prune(base, taken.values), { ...secrets, ...taken.secrets })
  }
  const chip = (name: View, label: string) => <button type="button" className="chip" aria-pressed={view === name} onClick={() => open(name)}>{label}</button>
  const said = Object.entries(errors)

  return (
    <section className="card" aria-labelledby="values-head">
      <header><h2 id="values-head">Values</h2><span className="faint small">{changed === 0 ? 'as in the package' : `${changed} ${changed === 1 ? 'differs' : 'differ'} from the defaults`}</span><span className="end"><CopyButton icon label="Copy values" text={view === 'all' ? all : maskedYaml(withSecrets(values, secrets), secretPaths)} /></span></header>
      <div className="pad stack" style={{ '--gap': 'var(--aw-3)' }}>
        <div className="chips">{chip('difference', 'Difference')}{chip('all', 'All values')}{chip('edit', 'Edit')}</div>
        {view === 'difference' && (lines.length > 0
          ? <Diff label="Values that differ from the defaults" text={[`# ${heading}`, ...lines].join('\n')} />
          : <p className="dim small">{parts ? `Nothing differs. To change something, choose Edit and write YAML by service: ${parts.join(', ')}.` : 'Nothing differs. Change the form, or choose Edit and write YAML.'}</p>)}
        {view === 'all' && <pre className="yaml tall" tabIndex={0} aria-label="All values">{all.split('\n').map((line, i) => <span key={i}>{line || ' '}</span>)}</pre>}
        {view === 'edit' && <Editor text={draft ?? ''} errors={problems} onText={edit} />}
        <div id="yaml-errors" role="status"><ul className="ticks small">
          {problems.map((error) => <li key={`${error.line}${error.message}`}><VerdictIcon verdict="failed" label="Error" /><span>Line {error.line}: {error.message}</span></li>)}
          {problems.length === 0 && said.map(([path, messages]) => <li key={path}><VerdictIcon verdict="failed" label="Error" /><span className="break"><code>{path || 'values'}</code> {messages.join(' ')}</span></li>)}
        </ul></div>
        <p className="tiny faint">{parts ? '' : 'The form and this text are two views of one thing: change either. '}Only the difference is kept, so later versions can bring better defaults. Secrets stay out of the text.</p>
      </div>
    </section>
  )
}
