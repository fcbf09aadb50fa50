/** Operations as short past sentences: "Scaled", "Install failed". */
import type { Operation } from '../../../api/types'
import type { IconName } from '../../../components/icon'
import { isFinal, operationWord, type Named } from '../../../lib/operations'

const past: Record<string, string> = {
  install: 'Installed', change: 'Changed', rollback: 'Rolled back', scale: 'Scaled', uninstall: 'Uninstalled', retry: 'Applied again',
}
const icons: Record<string, IconName> = { install: 'plus', change: 'edit', rollback: 'restart', scale: 'scale', uninstall: 'x' }

/** The words and the icon for one line of "Lately". */
export function latelyLine(operation: Named & Pick<Operation, 'state' | 'error'>): { text: string; detail: string; icon: IconName } {
  const icon = icons[operation.kind] ?? 'clock'
  const noun = operationWord(operation)
  if (operation.state === 'succeeded') return { text: past[operation.kind] ?? `${noun} done`, detail: '', icon }
  if (operation.state === 'failed') return { text: `${noun} failed`, detail: operation.error?.title ?? '', icon }
  if (!isFinal(operation.state)) return { text: `${noun} under way`, detail: '', icon }
  return { text: operation.state === 'cancelled' ? `${noun} stopped` : `${noun} replaced`, detail: '', icon }
}

/** "Nothing", or what runs: the middle fact of a service. */
export function doingNow(operation: Operation | null): { big: string; small: string } {
  if (operation && !isFinal(operation.state)) return { big: `${operationWord(operation)} under way`, small: '' }
  if (!operation) return { big: 'Nothing', small: '' }
  const line = latelyLine(operation)
  return { big: 'Nothing', small: `Last: ${line.text.charAt(0).toLowerCase()}${line.text.slice(1)}${line.detail ? `, ${line.detail}` : ''}` }
}
