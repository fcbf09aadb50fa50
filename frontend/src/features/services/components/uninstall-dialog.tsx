/** Uninstall: the data is kept unless chosen otherwise, and then the name is typed. */
import { useState, type ReactElement } from 'react'
import type { Service } from '../../../api/types'
import { ConfirmDialog } from '../../../components/dialog'
import { useFollow } from '../../../lib/follow'
import { listed } from '../../../lib/format'
import { useUninstallService } from '../api/uninstall-service'

export function UninstallDialog({ service, org, opened, onClose }: { service: Service; org: string; opened: boolean; onClose: () => void }): ReactElement {
  const [deleteData, setDeleteData] = useState(false)
  const follow = useFollow(org)
  const uninstall = useUninstallService(service.id)
  const others = service.bound_by ?? []
  const close = () => { setDeleteData(false); uninstall.reset(); onClose() }
  return (
    <ConfirmDialog
      title={`Uninstall ${service.name}?`} opened={opened} onClose={close} verb={deleteData ? 'Uninstall and delete the data' : 'Uninstall'} keep="Keep it" danger
      typeName={deleteData ? service.name : undefined} busy={uninstall.isPending} problem={uninstall.error}
      onConfirm={() => follow(uninstall.mutateAsync({ ...(deleteData ? { delete_data: true, confirm: service.name } : { delete_data: false }), ...(others.length > 0 ? { force: true } : {}) }))}
    >
      <p>It stops serving at once, and clients lose their connection.</p>
      {others.length > 0 && <p className="note v-degraded gap-top"><span><b>{listed(others.map((each) => each.name))} {others.length === 1 ? 'is' : 'are'} bound to it</b> and will not work without it. Uninstall {others.length === 1 ? 'it' : 'them'} first, or go on and bind {others.length === 1 ? 'it' : 'them'} to another service afterwards.</span></p>}
      <fieldset className="pick gap-top">
        <legend className="vh">What happens to the data</legend>
        <label className="opt"><input type="radio" name="data" checked={!deleteData} onChange={() => setDeleteData(false)} /><span><b>Keep the data</b><p>The volumes stay in namespace {service.namespace} on {service.cluster.name}. Installing under the same name finds them.</p></span></label>
        <label className="opt"><input type="radio" name="data" checked={deleteData} onChange={() => setDeleteData(true)} /><span><b>Delete the data too</b><p>The volumes are deleted for good. There is no way back.</p></span></label>
      </fieldset>
    </ConfirmDialog>
  )
}
