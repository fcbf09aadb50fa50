/** Uninstall of a stack: the data is kept unless chosen otherwise, and then the name is typed. */
import { useState, type ReactElement } from 'react'
import type { Stack } from '../../../api/types'
import { ConfirmDialog } from '../../../components/dialog'
import { useFollow } from '../../../lib/follow'
import { listed } from '../../../lib/format'
import { useUninstallStack } from '../api/uninstall-stack'

export function UninstallDialog({ stack, org, opened, onClose }: { stack: Stack; org: string; opened: boolean; onClose: () => void }): ReactElement {
  const [deleteData, setDeleteData] = useState(false)
  const follow = useFollow(org)
  const uninstall = useUninstallStack(stack.id)
  const close = () => { setDeleteData(false); uninstall.reset(); onClose() }
  const names = stack.members.filter((each) => each.state === 'present').map((each) => each.name).reverse()
  return (
    <ConfirmDialog
      title={`Uninstall ${stack.name}?`} opened={opened} onClose={close} verb={deleteData ? 'Uninstall and delete the data' : 'Uninstall'} keep="Keep it" danger
      typeName={deleteData ? stack.name : undefined} busy={uninstall.isPending} problem={uninstall.error}
      onConfirm={() => follow(uninstall.mutateAsync(deleteData ? { delete_data: true, confirm: stack.name } : { delete_data: false }))}
    >
      <p>{names.length > 0 ? `${listed(names)} ${names.length === 1 ? 'stops' : 'stop'} in this order, and clients lose their connection.` : 'Nothing of it runs.'}</p>
      <fieldset className="pick gap-top">
        <legend className="vh">What happens to the data</legend>
        <label className="opt"><input type="radio" name="data" checked={!deleteData} onChange={() => setDeleteData(false)} /><span><b>Keep the data</b><p>The volumes stay in namespace {stack.namespace} on {stack.cluster.name}. Installing under the same name finds them.</p></span></label>
        <label className="opt"><input type="radio" name="data" checked={deleteData} onChange={() => setDeleteData(true)} /><span><b>Delete the data too</b><p>The volumes of all its services are deleted for good. There is no way back.</p></span></label>
      </fieldset>
    </ConfirmDialog>
  )
}
