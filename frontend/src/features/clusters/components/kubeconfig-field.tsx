/** Paste, drop or choose a kubeconfig; what was read is said below; several contexts are a choice. */
import { useId, useRef, useState, type DragEvent, type ReactElement } from 'react'
import { Button } from '../../../components/button'
import { FindingItem } from '../../../components/finding'
import { Icon } from '../../../components/icon'
import type { Inspection } from '../api/inspect-kubeconfig'
import { choicesOf, contextsOf, previewKubeconfig, type KubeconfigPreview } from '../rules/kubeconfig'

/** The preview that is shown for a state: the old one stays, dimmed, while the new one is read. */
export function previewOf(inspection: Inspection, context: string | null): KubeconfigPreview | null {
  if (inspection.kind === 'read') return previewKubeconfig(inspection.answer, context)
  if (inspection.kind === 'reading' && inspection.before) return previewKubeconfig(inspection.before, context)
  return null
}

export function KubeconfigField({ value, onChange, inspection, context, onContext, error }: {
  value: string
  onChange: (text: string) => void
  inspection: Inspection
  context: string | null
  onContext: (name: string) => void
  error?: string
}): ReactElement {
  const id = useId()
  const file = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const preview = previewOf(inspection, context)
  const choices = inspection.kind === 'refused' ? choicesOf(contextsOf(inspection.problem.more), context) : (preview?.contexts ?? [])
  const trouble = error ?? (inspection.kind === 'too-large' ? inspection.detail : inspection.kind === 'refused' ? inspection.problem.title : undefined)
  const why = inspection.kind === 'refused' && inspection.problem.detail !== inspection.problem.title ? inspection.problem.detail : ''

  const take = async (list: FileList | null) => {
    const first = list?.[0]
    if (!first) return
    onChange(first.size > 1024 * 1024 ? ' '.repeat(1024 * 1024 + 1) : await first.text())
  }
  const onDrop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void take(event.dataTransfer.files)
  }
  return (
    <>
      <div className={`field${trouble ? ' err' : ''}`}>
        <div className="row apart lab-row"><label htmlFor={id}>Kubeconfig</label>
          <Button small look="quiet" onClick={() => file.current?.click()}>Choose a file</Button>
          <input ref={file} type="file" hidden onChange={(event) => { void take(event.target.files); event.target.value = '' }} /></div>
        <textarea
          id={id} className={`in mono drop${over ? ' over' : ''}`} rows={5} spellCheck={false} autoComplete="off" value={value} placeholder="Paste it here, or drop the file"
          aria-invalid={Boolean(trouble)} aria-describedby={`${id}-help`} onChange={(event) => onChange(event.target.value)}
          onDragOver={(event) => { event.preventDefault(); setOver(true) }} onDragLeave={() => setOver(false)} onDrop={onDrop}
        />
        <span className="help" id={`${id}-help`} role="status">
          {trouble ? <>{why ? <b>{trouble}. </b> : trouble}{why}</>
            : inspection.kind === 'reading' ? 'Reading it'
              : preview?.sentence ? <><Icon name="check" /> {preview.sentence}</>
                : 'Read once, used once, then forgotten. Commands and file paths inside it are refused, not run.'}
        </span>
      </div>
      {choices.length > 1 && (
        <fieldset className="pick" aria-label="Context">
          <span className="lab"><b>Which context?</b></span>
          {choices.map((choice) => (
            <label className="opt" key={choice.name}><input type="radio" name="context" checked={choice.chosen} onChange={() => onContext(choice.name)} />
              <span className="break"><b>{choice.name}</b><p>{choice.detail}</p></span></label>
          ))}
        </fieldset>
      )}
      {preview && (preview.refused.length > 0 || preview.remarks.length > 0) && (
        <ul className="ticks" aria-label="What we found in it">{[...preview.refused, ...preview.remarks].map((finding) => <FindingItem key={finding.code + finding.title} finding={finding} />)}</ul>
      )}
    </>
  )
}
