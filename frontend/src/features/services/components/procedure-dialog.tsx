/** Asks before a procedure runs, with the package's own words of what it costs. */
import type { ReactElement } from 'react'
import type { Procedure, Service } from '../../../api/types'
import { ConfirmDialog } from '../../../components/dialog'
import { useFollow } from '../../../lib/follow'
import { useRunProcedure } from '../api/procedures'

export function ProcedureDialog({ service, org, procedure, onClose }: { service: Service; org: string; procedure: Procedure | null; onClose: () => void }): ReactElement {
  const follow = useFollow(org)
  const run = useRunProcedure(service.id)
  const close = () => { run.reset(); onClose() }
  return (
    <ConfirmDialog
      title={procedure ? `${procedure.title}: ${service.name}` : ''} opened={procedure !== null} onClose={close} verb={procedure?.title ?? ''}
      danger={Boolean(procedure?.danger)} busy={run.isPending} problem={run.error}
      onConfirm={() => { if (procedure) void follow(run.mutateAsync(procedure.name)) }}
    >
      <p>{procedure?.summary}</p>
      {procedure?.danger && <p className="note v-degraded gap-top"><span>{procedure.danger}</span></p>}
    </ConfirmDialog>
  )
}
