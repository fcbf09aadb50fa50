/** All keys. */
import { useState, type ReactElement } from 'react'
import { Dialog } from '../components/dialog'
import { setSingleKeys, singleKeysOn } from './keys'

const keys: [string, string][] = [
  ['⌘K or Ctrl K', 'Find or do anything'],
  ['/', 'Search on this page'],
  ['g h', 'Home'],
  ['g s', 'Services'],
  ['g c', 'Catalogue'],
  ['g k', 'Clusters'],
  ['g a', 'Activity'],
  ['i', 'Install a service'],
  ['?', 'This list'],
  ['Esc', 'Close'],
]

export default function KeyList({ onClose }: { onClose: () => void }): ReactElement {
  const [on, setOn] = useState(singleKeysOn())
  return (
    <Dialog title="Keyboard" opened onClose={onClose} size="26rem">
      <dl className="kv two">{keys.map(([key, what]) => [<dt key={key}>{what}</dt>, <dd key={`${key}d`}><kbd className="kbd">{key}</kbd></dd>])}</dl>
      <label className="switch"><input type="checkbox" role="switch" checked={on} onChange={(event) => { setOn(event.target.checked); setSingleKeys(event.target.checked) }} /><span>Single keys<p>⌘K and Ctrl K always work.</p></span></label>
    </Dialog>
  )
}
