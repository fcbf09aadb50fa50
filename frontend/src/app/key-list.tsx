/** All keys. */
import type { ReactElement } from 'react'
import { Dialog } from '../components/dialog'

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
  return (
    <Dialog title="Keyboard" opened onClose={onClose} size="26rem">
      <dl className="kv two">{keys.map(([key, what]) => [<dt key={key}>{what}</dt>, <dd key={`${key}d`}><kbd className="kbd">{key}</kbd></dd>])}</dl>
    </Dialog>
  )
}
