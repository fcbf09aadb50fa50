/** Dialogs: trap focus, give it back, close with Esc; fill the screen in a hand. */
import { Modal } from '@mantine/core'
import '@mantine/core/styles/UnstyledButton.css'
import '@mantine/core/styles/CloseButton.css'
import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { useMediaQuery } from '@mantine/hooks'
import { useId, useState, type ReactElement, type ReactNode } from 'react'
import { useGiveBack } from '../lib/give-back'
import { Button } from './button'
import { ProblemPanel } from './problem-panel'

export function Dialog({ title, opened, onClose, size = '44rem', footer, children }: {
  title: string
  opened: boolean
  onClose: () => void
  size?: string
  footer?: ReactNode
  children: ReactNode
}): ReactElement {
  const small = useMediaQuery('(max-width: 45em)')
  useGiveBack(opened)
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={size} fullScreen={small} closeButtonProps={{ 'aria-label': 'Close' }} className="aw-modal" attributes={{ header: { role: 'none' } }}>
      <div className="stack">{children}</div>
      {footer && <footer className="aw-modal-foot">{footer}</footer>}
    </Modal>
  )
}

/**
 * Asks before something touches a cluster. `children` says what will happen; buttons are verbs.
 * With `typeName` the button waits until the name is typed: only when data is lost for good.
 */
export function ConfirmDialog({ title, opened, onClose, verb, keep = 'Cancel', danger = false, busy = false, typeName, problem, onConfirm, children }: {
  title: string
  opened: boolean
  onClose: () => void
  verb: string
  keep?: string
  danger?: boolean
  busy?: boolean
  typeName?: string
  problem?: unknown
  onConfirm: () => void
  children: ReactNode
}): ReactElement {
  const [typed, setTyped] = useState('')
  const id = useId()
  const ready = !typeName || typed === typeName
  const close = () => { setTyped(''); onClose() }
  return (
    <Dialog title={title} opened={opened} onClose={close} size="32rem" footer={<>
      <Button onClick={close}>{keep}</Button>
      <Button look={danger ? 'danger' : 'main'} busy={busy} disabled={!ready} onClick={onConfirm}>{verb}</Button>
    </>}>
      <div>{children}</div>
      {typeName && (
        <div className="field">
          <label htmlFor={id}>Type <code>{typeName}</code> to confirm</label>
          <input id={id} className="in mono" autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </div>
      )}
      {problem ? <ProblemPanel problem={problem} alert /> : null}
    </Dialog>
  )
}
